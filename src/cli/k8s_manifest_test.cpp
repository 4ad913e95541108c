#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "src/cli/test_rig.h"

namespace headwater::cli {
namespace {

using rig::Exit;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class K8sManifest : public testing::Test {
 protected:
  void SetUp() override {
    site_.configure(
        "relay: orders\nsource: { sqlite: { path: /shop/shop.db, tables: [orders] } }\n"
        "stream: { embedded: { path: /events/events.db } }\n");
  }
  [[nodiscard]] rig::Outcome manifest(const std::vector<std::string>& options = {}) const {
    std::vector<std::string> words{"k8s", "manifest", "-c", site_ / "shop.yaml"};
    words.insert(words.end(), options.begin(), options.end());
    return headwater(words);
  }

  Site site_;
};

TEST_F(K8sManifest, PrintsWhatRunsTheRelay) {
  const rig::Outcome outcome = manifest();
  EXPECT_EQ(outcome.exit, Exit{}) << outcome.errors;
  EXPECT_THAT(outcome.output,
              AllOf(StartsWith("# The relays of shop.yaml, by headwater k8s manifest.\n"),
                    HasSubstr("kind: Deployment"), HasSubstr("headwater:" HEADWATER_VERSION),
                    HasSubstr("mountPath: \"/shop\""), Not(HasSubstr("namespace:"))));
  const rig::Outcome elsewhere = manifest({"--namespace", "shops", "--image", "r.example/h:1"});
  EXPECT_THAT(elsewhere.output,
              AllOf(HasSubstr("namespace: \"shops\""), HasSubstr("r.example/h:1")));
}

TEST_F(K8sManifest, NeedsNoVariableAndNoFile) {
  site_.configure(
      "relay: orders\nsource: { sqlite: { path: /shop/shop.db, tables: '${TABLES}' } }\n"
      "stream: { embedded: { path: /events/e.db, retention: { age: '${AGE}', size: "
      "'${file:/nowhere}' } } }\n");
  const rig::Outcome outcome = manifest();
  EXPECT_EQ(outcome.exit, Exit{}) << outcome.errors;
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("--from-literal=AGE="),
                                    HasSubstr("--from-literal=TABLES="), HasSubstr("=/nowhere")));
}

TEST_F(K8sManifest, AMistakeInTheFileIsNamed) {
  site_.configure(
      "relay: orders\nsource: { sqlite: { path: /shop/shop.db, tabels: all } }\n"
      "stream: { embedded: { path: /events/events.db } }\n");
  const rig::Outcome outcome = manifest();
  EXPECT_EQ(outcome.exit, usage);
  EXPECT_THAT(outcome.errors, HasSubstr("shop.yaml:2: unknown key 'tabels'"));
  EXPECT_EQ(outcome.output, "");
}

TEST_F(K8sManifest, APathThatAPodCannotHaveIsRefused) {
  site_.configure(
      "relay: orders\nsource: { sqlite: { path: shop.db, tables: all } }\n"
      "stream: { embedded: { path: /events/events.db } }\n");
  const rig::Outcome outcome = manifest();
  EXPECT_EQ(outcome.exit, usage);
  EXPECT_THAT(outcome.errors, HasSubstr("shop.yaml:2: 'source.sqlite.path' is the relative path"));
  EXPECT_THAT(outcome.errors, HasSubstr("next: write a path"));
}

TEST_F(K8sManifest, APositionIsKept) {
  site_.configure(
      "relay: orders\nsource: { sqlite: { path: /shop/shop.db, tables: all } }\n"
      "stream: { stdout: { position: /position/orders } }\n");
  const rig::Outcome outcome = manifest();
  EXPECT_EQ(outcome.exit, Exit{}) << outcome.errors;
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("claimName: headwater-orders-position"),
                                    HasSubstr("mountPath: \"/position\"")));
}

TEST_F(K8sManifest, WrongOptionsAreRefused) {
  EXPECT_EQ(manifest({"--namespace", "Shops"}).exit, usage);
  EXPECT_EQ(manifest({"--image", "a b"}).exit, usage);
  EXPECT_EQ(manifest({"--image", ""}).exit, usage);
  const rig::Outcome outcome = manifest({"--relay", "order"});
  EXPECT_EQ(outcome.exit, usage);
  EXPECT_THAT(outcome.errors, HasSubstr("did you mean 'orders'?"));
}

}  // namespace
}  // namespace headwater::cli

#include "src/kubernetes/needs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "src/kubernetes/testing.h"

namespace headwater::kubernetes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class NeedsTest : public ::testing::Test {
 protected:
  Result<Needs> read(const std::string& yaml) const {
    return needs_of(survey_of(folder_, yaml).configuration, "conf/shop.yaml");
  }
  Result<Needs> read(const std::string& source, const std::string& stream) const {
    return read("relay: shop\nsource:\n  x: " + source + "\nstream:\n  x: " + stream + "\n");
  }
  std::string complaint(const std::string& stream) const {
    auto needs = read("{ path: /shop/shop.db }", stream);
    return needs ? "" : needs.error().message + "\n" + needs.error().next;
  }

  config::TemporaryFolder folder_;
};

std::vector<std::string> words(const std::vector<SecretFile>& files) {
  std::vector<std::string> words;
  words.reserve(files.size());
  for (const SecretFile& file : files)
    words.push_back(file.key + " " + file.path + " " + file.from);
  return words;
}

TEST_F(NeedsTest, VariablesAreThoseOfTheWholeFileEachOnce) {
  auto needs = read(
      "serve: { tokens: [ { token: '${TOKEN}' } ] }\nrelays:\n"
      "  - { relay: a, source: { x: { url: 'x://${U}:${PW}@h:1' } }, stream: { x: { url: 'h:1' } } "
      "}\n"
      "  - { relay: b, source: { x: { url: 'x://${U}@h:1' } }, stream: { x: { url: 'h:1' } } }\n");
  ASSERT_TRUE(needs) << needs.error().message;
  EXPECT_THAT(needs->variables, ElementsAre("PW", "TOKEN", "U"));
  EXPECT_EQ(needs->name, "headwater-a");
}

TEST_F(NeedsTest, FilesAreWhereTheConfigurationLooksForThem) {
  auto needs = read("{ path: /shop/shop.db }",
                    "{ ca: tls/ca.pem, password: '${file:../pw.txt}${file:/run/pw}' }");
  ASSERT_TRUE(needs) << needs.error().message;
  EXPECT_THAT(words(needs->files),
              ElementsAre("pw.txt /etc/pw.txt conf/../pw.txt", HasSubstr(" /run/pw /run/pw"),
                          "ca.pem /etc/headwater/tls/ca.pem conf/tls/ca.pem"));
  // Its name could be a variable's, which is in the same Secret.
  EXPECT_THAT(needs->files[1].key, HasSubstr("pw-"));
}

TEST_F(NeedsTest, FilesWithOneNameHaveDifferentKeys) {
  auto needs = read("{ url: 'h:1', ca: /a/ca.pem }", "{ url: 'h:1', ca: /b/ca.pem }");
  ASSERT_TRUE(needs);
  ASSERT_EQ(needs->files.size(), 2U);
  EXPECT_NE(needs->files[0].key, needs->files[1].key);
}

TEST_F(NeedsTest, ARelayHasItsOwnFilesOnly) {
  auto needs = read(
      "relays:\n"
      "  - { relay: a, source: { x: { ca: /a.pem, password: '${file:/pw.txt}' } }, stream: { x: { "
      "} } }\n"
      "  - { relay: b, source: { x: { ca: /b.pem } }, stream: { x: { } } }\n");
  ASSERT_TRUE(needs);
  EXPECT_THAT(words(needs->relays[1].files),
              ElementsAre(HasSubstr("/pw.txt"), HasSubstr("/b.pem")));
  EXPECT_EQ(needs->files.size(), 3U);
}

TEST_F(NeedsTest, FoldersWithDataAreVolumes) {
  auto needs = read("{ path: /shop/shop.db }", "{ path: /var/lib/events/events.db }");
  ASSERT_TRUE(needs) << needs.error().message;
  const std::vector<Volume>& volumes = needs->relays[0].volumes;
  ASSERT_EQ(volumes.size(), 2U);
  EXPECT_EQ(volumes[0].folder, "/shop");
  EXPECT_EQ(volumes[0].claim, "shop");
  EXPECT_TRUE(volumes[0].of_source);
  EXPECT_EQ(volumes[1].folder, "/var/lib/events");
  EXPECT_THAT(volumes[1].claim, HasSubstr("headwater-shop-var-lib-events-"));
  EXPECT_FALSE(volumes[1].of_source);
  EXPECT_EQ(needs->relays[0].ports, std::vector<std::uint16_t>());
}

TEST_F(NeedsTest, AFolderOfAnySourceIsThatSourcesForAll) {
  auto needs = read(
      "relays:\n  - { relay: a, source: { x: { url: 'h:1' } }, stream: { x: { path: /d/e.db } } }\n"
      "  - { relay: b, source: { x: { path: /d/s.db } }, stream: { x: { path: /d/f.db } } }\n");
  ASSERT_TRUE(needs);
  for (const RelayNeeds& relay : needs->relays) {
    ASSERT_EQ(relay.volumes.size(), 1U);
    EXPECT_EQ(relay.volumes[0].claim, "d");
    EXPECT_TRUE(relay.volumes[0].of_source);
  }
}

TEST_F(NeedsTest, PortsAreThoseOfSourceAndStream) {
  const auto ports = [&](const std::string& source, const std::string& stream) {
    auto needs = read(source, stream);
    return needs ? needs->relays[0].ports : std::vector<std::uint16_t>{1};
  };
  using Ports = std::vector<std::uint16_t>;
  EXPECT_EQ(ports("{ url: 'm://${U}@h:27017' }", "{ url: ['n://a:4222', 'n://b:4222'] }"),
            (Ports{4222, 27017}));
  EXPECT_EQ(ports("{ path: /d/s.db }", "{ url: 'r://h:6379' }"), Ports{6379});
  EXPECT_EQ(ports("{ url: '${URL}' }", "{ url: 'r://h:6379' }"), std::nullopt);
  EXPECT_EQ(ports("{ }", "{ url: 'r://h:6379' }"), std::nullopt);
}

TEST_F(NeedsTest, APathThatCannotBeInAPodIsRefused) {
  EXPECT_THAT(complaint("{ path: events.db }"),
              HasSubstr("conf/shop.yaml:5: 'stream.x.path' is the relative path events.db"));
  EXPECT_THAT(complaint("{ path: events.db }"), HasSubstr("/data/events.db"));
  for (const char* path :
       {"/events.db", "/tmp/events.db", "/tmp/a/events.db", "/etc/events.db", "/usr/events.db",
        "/etc/headwater/a/events.db", "/a/../tmp/e.db", "/a:b/e.db", "/a/"}) {
    EXPECT_THAT(complaint("{ path: " + std::string(path) + " }"), HasSubstr("cannot be a volume"))
        << path;
  }
  EXPECT_THAT(complaint("{ path: '${DATA}/events.db' }"), HasSubstr("fixed paths"));
  EXPECT_THAT(complaint("{ ca: '${CA}' }"), HasSubstr("fixed paths"));
  EXPECT_THAT(complaint("{ ca: \"a\\nb\" }"), HasSubstr("cannot be mounted"));
  EXPECT_THAT(complaint("{ password: \"${file:a:b}\" }"), HasSubstr("cannot be mounted"));
  EXPECT_THAT(complaint("{ ca: headwater.yaml }"), HasSubstr("not a file of its own"));
  EXPECT_THAT(complaint("{ library: ca.pem }"), HasSubstr("/etc/headwater/ca.pem"));
  EXPECT_EQ(complaint("{ library: /etc/ca.pem }"), "");
}

TEST_F(NeedsTest, ASecretInTheOpenIsRefusedWithoutBeingShown) {
  const std::string refusal = complaint("{ url: 'x://u:geheim@h:1' }");
  EXPECT_THAT(refusal, HasSubstr("conf/shop.yaml:5: 'stream.x.url' has a password in it"));
  EXPECT_THAT(refusal, HasSubstr("write ${X_PASSWORD}"));
  EXPECT_THAT(refusal, HasSubstr("kubectl create secret generic headwater-shop "
                                 "--from-literal=X_PASSWORD='…'"));
  EXPECT_THAT(refusal, Not(HasSubstr("geheim")));
  auto top = read(
      "serve: { tokens: [ { token: 0123456789abcdef } ] }\n"
      "relay: a\nsource: { x: { } }\nstream: { x: { } }\n");
  ASSERT_FALSE(top);
  EXPECT_THAT(top.error().message, HasSubstr("conf/shop.yaml:1: 'serve.tokens.token' is a secret"));
}

TEST_F(NeedsTest, TheNameOfARelayMustBeInTheFile) {
  auto needs = read("relay: '${NAME}'\nsource: { x: { } }\nstream: { x: { } }\n");
  ASSERT_FALSE(needs);
  EXPECT_EQ(needs.error().name, "k8s.relay_name");
}

}  // namespace
}  // namespace headwater::kubernetes

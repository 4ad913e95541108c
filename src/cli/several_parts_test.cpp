// A source with several parts, each of which gets its own relay.
#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "src/adapters/registry.h"
#include "src/cli/built_in.h"
#include "src/cli/test_rig.h"
#include "src/json/json.h"

namespace headwater::cli {
namespace {

using testing::HasSubstr;

const std::string embedded_stream = "stream:\n  embedded: { path: events.db }\n";

/// A source that follows several collections, each with its own relay. None of them exists.
class SeveralParts : public testing::Test {
 protected:
  void SetUp() override {
    if (!is_built_in(adapters::source_names(), "mongodb")) GTEST_SKIP() << without_mongodb;
  }

  void configure(const std::string& relay, const std::string& stream) const {
    site.configure("relay: " + relay +
                   "\nsource:\n  mongodb:\n"
                   "    uri: mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=1\n"
                   "    watch: [shop.orders, stock, '*']\n" +
                   stream);
  }

  /// The relays that `check` reports.
  [[nodiscard]] std::vector<std::string> checked(std::vector<std::string> words) const {
    words.insert(words.begin(), {"check", "--json"});
    const auto outcome = site.run(words);
    std::vector<std::string> names;
    const auto report = Json::parse(outcome.output).value_or(Json());
    for (const Json& each : report.elements()) {
      if (const auto name = each["relay"].text()) names.emplace_back(*name);
    }
    EXPECT_FALSE(names.empty()) << outcome.errors;
    return names;
  }

  Site site;
};

TEST_F(SeveralParts, AreRelaysChosenByTheirOwnOrTheCommonName) {
  configure("shop", embedded_stream);
  const std::vector<std::string> all{"shop.shop.orders", "shop.stock", "shop.all"};
  EXPECT_EQ(checked({}), all);
  EXPECT_EQ(checked({"--relay", "shop"}), all);
  EXPECT_EQ(checked({"--relay", "shop.all"}), std::vector<std::string>{"shop.all"});
  const auto unknown = site.run({"check", "--relay", "shop.al"});
  EXPECT_EQ(unknown.exit, usage);
  EXPECT_THAT(unknown.errors, HasSubstr("did you mean 'shop.all'?"));
  const auto ambiguous = site.run({"position", "reset", "--relay", "shop"});
  EXPECT_EQ(ambiguous.exit, usage);
  EXPECT_THAT(ambiguous.errors,
              HasSubstr("several relays (shop.shop.orders, shop.stock, shop.all); choose one"));
}

TEST_F(SeveralParts, CannotShareAStreamForOneRelay) {
  configure("shop", "stream: { stdout: { position: shop.position } }\n");
  const auto outcome = site.run({"check"});
  EXPECT_EQ(outcome.exit, usage);
  EXPECT_THAT(outcome.errors, HasSubstr("relay 'shop' follows 3 things with a relay for each, "
                                        "but its stream (standard output) accepts only one relay"));
}

TEST_F(SeveralParts, MayNotGetTooLongNames) {
  configure(std::string(60, 'x'), embedded_stream);
  const auto outcome = site.run({"check"});
  EXPECT_EQ(outcome.exit, usage);
  EXPECT_THAT(outcome.errors, HasSubstr("next: shorten the name of relay"));
}

TEST_F(SeveralParts, MayNotHaveTheNameOfAnotherRelay) {
  const std::string source =
      "    source: { mongodb: { uri: 'mongodb://127.0.0.1:1', watch: [a, b] } }\n";
  const std::string stream = "    stream: { embedded: { path: events.db } }\n";
  site.configure("relays:\n  - relay: shop\n" + source + stream + "  - relay: shop.b\n" +
                 "    source: { sqlite: { path: shop.db, tables: all } }\n" + stream);
  const auto outcome = site.run({"check"});
  EXPECT_EQ(outcome.exit, usage);
  EXPECT_THAT(outcome.errors, HasSubstr("error: two relays would be named 'shop.b'\n"));
}

}  // namespace
}  // namespace headwater::cli

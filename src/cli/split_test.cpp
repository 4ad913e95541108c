#include "src/cli/split.h"

#include <gmock/gmock.h>

#include "src/cli/fakes.h"

namespace headwater::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Split : public testing::Test {
 protected:
  [[nodiscard]] Result<std::vector<ConfiguredRelay>> split_into(
      const std::vector<std::string>& parts, const std::string& relay = "shop") {
    auto section = config::parse("{}", "shop.yaml");
    const config::RelayConfig config{.name = relay,
                                     .on_conflict = config::OnConflict::exit,
                                     .takeover_after = Milliseconds(700),
                                     .append_pause = append_pause,
                                     .source = *section,
                                     .stream = *section,
                                     .dead_letters = *section,
                                     .materialize = *section,
                                     .whole = *section};
    std::vector<NamedSource> sources;
    for (const std::string& part : parts) {
      sources.push_back({.name = part, .adapter = std::make_unique<FakeSourceAdapter>(feed)});
    }
    return split(config, std::move(sources), [this]() -> Result<std::unique_ptr<StreamAdapter>> {
      ++streams_made;
      return std::make_unique<FakeStreamAdapter>(tails);
    });
  }

  [[nodiscard]] std::vector<std::string> names(const std::vector<std::string>& parts) {
    auto relays = split_into(parts);
    std::vector<std::string> all;
    if (!relays) return {relays.error().message};
    for (const ConfiguredRelay& relay : *relays) all.push_back(relay.name);
    return all;
  }

  FakeFeed feed;
  FakeTails tails;
  int streams_made = 0;
  std::optional<Milliseconds> append_pause;
};

TEST_F(Split, ASingleSourceHasTheRelaysName) { EXPECT_THAT(names({""}), ElementsAre("shop")); }

TEST_F(Split, EachOfSeveralHasANameAStreamAndTheSameSettings) {
  EXPECT_THAT(names({"shop.orders", "all"}), ElementsAre("shop.shop.orders", "shop.all"));
  EXPECT_EQ(streams_made, 2);
  const auto relays = split_into({"a", "b"});
  ASSERT_TRUE(relays);
  for (const ConfiguredRelay& relay : *relays) {
    EXPECT_EQ(relay.on_conflict, config::OnConflict::exit);
    EXPECT_EQ(relay.takeover_after, Milliseconds(700));
  }
  EXPECT_NE((*relays)[0].stream, (*relays)[1].stream);
}

TEST_F(Split, TheStreamSetsTheAppendPauseUnlessConfigured) {
  tails.pause = Milliseconds(9);
  auto relays = split_into({""});
  ASSERT_TRUE(relays);
  EXPECT_EQ(relays->front().append_pause, Milliseconds(9));
  append_pause = Milliseconds(0);
  relays = split_into({""});
  ASSERT_TRUE(relays);
  EXPECT_EQ(relays->front().append_pause, Milliseconds(0));
}

TEST_F(Split, AStreamForOneRelayCannotTakeTwo) {
  tails.several = false;
  EXPECT_THAT(names({""}), ElementsAre("shop"));
  const auto relays = split_into({"a", "b"});
  ASSERT_FALSE(relays);
  EXPECT_EQ(relays.error().name, "config.several_relays");
  EXPECT_EQ(relays.error().origin, Origin::usage);
  EXPECT_EQ(relays.error().message,
            "relay 'shop' follows 2 things with a relay for each, but its stream (fake "
            "stream) accepts only one relay");
}

TEST_F(Split, AnInvalidRelayNameIsRefused) {
  EXPECT_EQ(names({"a", std::string(59, 'x')}).size(), 2U);
  for (const std::string& part : {std::string(60, 'x'), std::string("böse"), std::string("a b")}) {
    const auto relays = split_into({"a", part});
    ASSERT_FALSE(relays) << part;
    EXPECT_EQ(relays.error().name, "config.bad_relay_name");
    EXPECT_THAT(relays.error().message, HasSubstr("'shop." + part + "'"));
    EXPECT_THAT(relays.error().next, HasSubstr("shorten the name of relay"));
  }
}

}  // namespace
}  // namespace headwater::cli

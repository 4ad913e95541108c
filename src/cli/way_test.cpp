#include "src/cli/way.h"

#include <gtest/gtest.h>

#include "src/cli/fakes.h"

namespace headwater::cli {
namespace {

using Order = std::partial_ordering;

class WayBetween : public testing::Test {
 protected:
  void SetUp() override { feed.changes = 10; }

  [[nodiscard]] Way way(const std::string& from, const std::string& to,
                        const std::string& words = "") {
    const FakeSourceAdapter adapter(feed);
    FakeSource source(feed);
    auto found = way_between(adapter, source, {from}, {to}, words.empty() ? to : words);
    EXPECT_TRUE(found) << found.error().message;
    return found.value_or(Way());
  }

  FakeFeed feed;
};

TEST_F(WayBetween, IsExactIfTheSourceCounts) {
  feed.counts = true;
  EXPECT_EQ(way("4", "7").order, Order::less);
  EXPECT_EQ(way("4", "7").changes, 3U);
  EXPECT_EQ(way("4", "7").database, "fakes");
  EXPECT_EQ(way("7", "4").order, Order::greater);
  EXPECT_EQ(way("7", "4").changes, 3U);
  EXPECT_EQ(way("", "10", "latest").changes, 10U);
  EXPECT_EQ(way("10", "10", "latest").order, Order::equivalent);
}

TEST_F(WayBetween, HasTheOrderOfThePositionsWithoutCounts) {
  feed.orders = true;
  EXPECT_EQ(way("4", "7").order, Order::less);
  EXPECT_EQ(way("4", "7").changes, std::nullopt);
  EXPECT_EQ(way("7", "4").order, Order::greater);
  EXPECT_EQ(way("4", "4").order, Order::equivalent);
}

TEST_F(WayBetween, OtherwiseHasTheOrderOfTheWords) {
  EXPECT_EQ(way("4", "10", "latest").order, Order::less);
  EXPECT_EQ(way("4", "1", "earliest").order, Order::greater);
  EXPECT_EQ(way("", "1", "earliest").order, Order::equivalent);
  EXPECT_EQ(way("", "7").order, Order::less);
  EXPECT_EQ(way("4", "7").order, Order::unordered);
}

TEST_F(WayBetween, NothingUnreadIsNothingSkipped) {
  EXPECT_EQ(way("10", "11", "latest").changes, 0U);
  EXPECT_EQ(way("9", "10", "latest").changes, std::nullopt);
}

TEST_F(WayBetween, APositionInLostHistoryIsBroken) {
  feed.held_after = 5;
  EXPECT_FALSE(way("6", "7").broken);
  EXPECT_TRUE(way("4", "10", "latest").broken);
  EXPECT_EQ(way("4", "5", "earliest").order, Order::unordered);
  feed.orders = true;
  EXPECT_EQ(way("4", "5", "earliest").order, Order::less);
  const FakeSourceAdapter adapter(feed);
  FakeSource source(feed);
  const auto nowhere = way_between(adapter, source, {"6"}, {"4"}, "4");
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().name, "source.history_lost");
}

}  // namespace
}  // namespace headwater::cli

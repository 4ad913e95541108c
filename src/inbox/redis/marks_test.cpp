#include "src/inbox/redis/marks.h"

#include <gtest/gtest.h>

namespace headwater::client::inbox {
namespace {

using Places = std::vector<std::uint64_t>;

TEST(Marks, TheNewestThatIsOldDecides) {
  const std::vector<Mark> marks{{100, 1}, {200, 2}, {300, 3}};
  const auto at = [&](std::int64_t now) { return plan(marks, now, 1'000, 3); };
  EXPECT_EQ(at(1'100).up_to, 0U);
  EXPECT_EQ(at(1'101).up_to, 1U);
  EXPECT_EQ(at(1'201).up_to, 2U);
  EXPECT_EQ(at(9'999).up_to, 3U);
  EXPECT_TRUE(at(1'101).remove.empty());
  EXPECT_EQ(at(9'999).remove, (Places{1, 2}));
}

TEST(Marks, AreMadeNowAndThen) {
  EXPECT_TRUE(plan({}, 100, 1'000, 1).add);
  EXPECT_FALSE(plan({}, 100, 1'000, 0).add);
  EXPECT_FALSE(plan({{100, 1}}, 109, 1'000, 2).add);
  EXPECT_TRUE(plan({{100, 1}}, 110, 1'000, 2).add);
  EXPECT_FALSE(plan({{100, 1}}, 999, 1'000, 1).add);
}

TEST(Marks, BeyondThePlaceOrTheClockAreDropped) {
  const auto back = plan({{100, 5}, {200, 9}}, 9'999, 1'000, 7);
  EXPECT_EQ(back.remove, Places{9});
  EXPECT_EQ(back.up_to, 5U);
  const auto set_back = plan({{100, 5}, {5'000, 6}}, 300, 1'000, 7);
  EXPECT_EQ(set_back.remove, Places{6});
  EXPECT_EQ(set_back.up_to, 0U);
}

}  // namespace
}  // namespace headwater::client::inbox

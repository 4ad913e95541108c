#include "src/inbox/shared/distinct.h"

#include <gtest/gtest.h>

namespace headwater::client::inbox {
namespace {

TEST(Distinct, KeepsTheFirstWithTheHighestSequence) {
  const std::vector<Delivery> deliveries{
      {"b", "1", 7}, {"a", "2", 8}, {"b", "1", 9}, {"a", "1", 3}, {"b", "1", 4}};
  const auto all = distinct(deliveries);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(key_of(all[0].delivery), "a 1");
  EXPECT_EQ(key_of(all[1].delivery), "a 2");
  EXPECT_EQ(key_of(all[2].delivery), "b 1");
  EXPECT_EQ(all[0].index, 3U);
  EXPECT_EQ(all[1].index, 1U);
  EXPECT_EQ(all[2].index, 0U);
  EXPECT_EQ(all[2].delivery.sequence, 9U);
  EXPECT_TRUE(distinct({}).empty());
}

}  // namespace
}  // namespace headwater::client::inbox

#include "testing/soak/count.h"

#include <gtest/gtest.h>

namespace headwater::soak {
namespace {

TEST(Count, WhatWasCommittedOnceInOrderIsRight) {
  const Count found = count({"a", "b", "c"}, {"a", "b", "c"});
  EXPECT_TRUE(found.right());
  EXPECT_EQ(found.committed, 3U);
  EXPECT_EQ(found.events, 3U);
  EXPECT_TRUE(count({}, {}).right());
}

TEST(Count, ALostChange) {
  const Count found = count({"a", "b", "c"}, {"a", "c"});
  EXPECT_EQ(found.lost, 1U);
  EXPECT_EQ(found.repeated + found.out_of_order + found.unknown, 0U);
  EXPECT_FALSE(found.right());
}

TEST(Count, ARepeatedEventIsNotOutOfOrderToo) {
  const Count found = count({"a", "b", "c"}, {"a", "b", "a", "c"});
  EXPECT_EQ(found.repeated, 1U);
  EXPECT_EQ(found.lost + found.out_of_order + found.unknown, 0U);
  EXPECT_FALSE(found.right());
}

TEST(Count, SwappedEvents) {
  const Count found = count({"a", "b", "c"}, {"b", "a", "c"});
  EXPECT_EQ(found.out_of_order, 1U);
  EXPECT_EQ(found.lost + found.repeated + found.unknown, 0U);
  EXPECT_FALSE(found.right());
}

TEST(Count, AnEventThatNobodyCommitted) {
  const Count found = count({"a"}, {"a", "x"});
  EXPECT_EQ(found.unknown, 1U);
  EXPECT_FALSE(found.right());
}

/// Then the ids of the source are not what this relies on.
TEST(Count, AnIdThatWasCommittedTwiceIsNotRight) { EXPECT_FALSE(count({"a", "a"}, {"a"}).right()); }

}  // namespace
}  // namespace headwater::soak

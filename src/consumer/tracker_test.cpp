#include "src/consumer/tracker.h"

#include <gtest/gtest.h>

namespace headwater::consumer {
namespace {

TEST(TrackerTest, ThePlaceMovesOnlyPastWhatIsDone) {
  Tracker tracker(10);
  for (const std::uint64_t sequence : {11U, 15U, 16U, 20U}) tracker.begin(sequence);
  tracker.finish(15);
  EXPECT_EQ(tracker.done(), 10U);
  tracker.finish(11);
  EXPECT_EQ(tracker.done(), 15U);
  tracker.finish(20);
  tracker.finish(16);
  EXPECT_EQ(tracker.done(), 20U);
}

TEST(TrackerTest, NumbersWithoutAnEventArePassedWhenNothingIsOpen) {
  Tracker tracker(0);
  tracker.begin(3);
  tracker.pass(9);
  EXPECT_EQ(tracker.done(), 0U);
  tracker.finish(3);
  tracker.pass(9);
  EXPECT_EQ(tracker.done(), 9U);
  tracker.pass(5);
  EXPECT_EQ(tracker.done(), 9U);
}

TEST(TrackerTest, WaitingEndsWithAStop) {
  Tracker tracker(0);
  tracker.begin(1);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(tracker.wait_beyond(0, stop.get_token()), 0U);
  EXPECT_FALSE(tracker.wait_until_all_done(stop.get_token()));
  tracker.finish(1);
  EXPECT_EQ(tracker.wait_beyond(0, stop.get_token()), 1U);
}

using TrackerDeathTest = ::testing::Test;

TEST(TrackerDeathTest, AnEventIsDoneOnce) {
  Tracker tracker(0);
  tracker.begin(1);
  tracker.begin(2);
  tracker.finish(2);
  EXPECT_DEATH(tracker.finish(2), "an event is done once");
  EXPECT_DEATH(tracker.begin(2), "in the order of the stream");
}

}  // namespace
}  // namespace headwater::consumer

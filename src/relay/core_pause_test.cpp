// The pause between small appends: how long it is, and what does without it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "src/relay/core_fixture.h"

namespace headwater {
namespace {

constexpr Milliseconds longest{20};

class Pause : public Core {
 protected:
  Pause() {
    options.append_pause = longest;
    options.read = {8, 1'000'000};
  }

  /// Leads, and makes a small append that takes so long: the tail is then at 1, "a".
  void append_one(Milliseconds taking) {
    make();
    lead(at(0, ""));
    bring("a");
    append({"a"});
    now += taking;
    core->appended(at(1, "a"), now);
    source<task::Release>();
    core->released({}, now);
  }
  void bring(const std::string& id, bool current = false) {
    read(batch({id}, id, current));
    shape();
  }
};

TEST_F(Pause, AfterASmallAppendTheNextOneGathersMore) {
  append_one(Milliseconds(4));
  const SteadyTime until = now + Milliseconds(8);
  bring("b");
  EXPECT_EQ(stream<task::Wait>().until, until);
  now += Milliseconds(3);
  bring("c");
  EXPECT_EQ(stream<task::Wait>().until, until);
  now = until;
  append({"b", "c"});
}

TEST_F(Pause, IsNotLongerThanItsBound) {
  append_one(second);
  bring("b");
  EXPECT_EQ(stream<task::Wait>().until, now + longest);
}

TEST_F(Pause, IsOverBeforeAStandbyCouldThinkThatTheLeaderIsGone) {
  options.takeover_after = Milliseconds(50);
  append_one(second);
  bring("b");
  EXPECT_EQ(stream<task::Wait>().until, now + Milliseconds(10));
}

TEST_F(Pause, ThereIsNoneWithoutABound) {
  options.append_pause = Milliseconds(0);
  append_one(Milliseconds(4));
  bring("b");
  append({"b"});
}

TEST_F(Pause, WhatComesAfterAWhileDoesNotWait) {
  append_one(Milliseconds(4));
  now += Milliseconds(8);
  bring("b");
  append({"b"});
}

TEST_F(Pause, EndsWhenEnoughHasGathered) {
  append_one(Milliseconds(4));
  read(batch({"b", "c", "d"}, "d"));
  shape();
  stream<task::Wait>();
  bring("e");
  append({"b", "c", "d", "e"});
}

TEST_F(Pause, EndsWhenTheQueueIsFull) {
  options.events_bytes = 1;
  append_one(Milliseconds(4));
  bring("b");
  append({"b"});
}

TEST_F(Pause, ThereIsNoneInABacklog) {
  make();
  lead(at(0, ""));
  read(batch({"a", "b", "c", "d"}, "d"));
  shape();
  append({"a", "b", "c", "d"});
  now += Milliseconds(4);
  core->appended(at(4, "d"), now);
  source<task::Release>();
  core->released({}, now);
  bring("e");
  append({"e"});
}

TEST_F(Pause, ThereIsNoneUntilCurrent) {
  options.until_current = true;
  append_one(Milliseconds(4));
  bring("b");
  append({"b"});
}

TEST_F(Pause, AStopDoesNotWaitForIt) {
  append_one(Milliseconds(4));
  bring("b");
  stream<task::Wait>();
  core->request_stop(now);
  append({"b"});
  core->appended(at(2, "b"), now);
  stream<task::Finished>();
}

TEST_F(Pause, AFailureOfTheSourceDoesNotWaitForIt) {
  append_one(Milliseconds(4));
  bring("b");
  stream<task::Wait>();
  source<task::Read>();
  core->read(fail(lost()), now);
  append({"b"});
}

TEST_F(Pause, EndsWithAConflict) {
  append_one(Milliseconds(4));
  now += Milliseconds(8);
  bring("b");
  append({"b"});
  core->appended(fail(stream_away()), now);
  now = *stream<task::Wait>().until;
  go_on(at(1, "a"));
  bring("b");
  append({"b"});
}

TEST_F(Pause, APositionAloneKeepsToItsOwnInterval) {
  append_one(Milliseconds(4));
  read(batch({}, "b"));
  EXPECT_EQ(stream<task::Wait>().until, now + options.position_interval);
}

TEST_F(Pause, HousekeepingGoesOnMeanwhile) {
  options.maintain_interval = Milliseconds(6);
  append_one(Milliseconds(4));
  bring("b");
  EXPECT_EQ(stream<task::Wait>().until, now + Milliseconds(2));
  now += Milliseconds(2);
  stream<task::Maintain>();
  core->maintained(false, now);
  EXPECT_EQ(stream<task::Wait>().until, now + Milliseconds(6));
}

}  // namespace
}  // namespace headwater

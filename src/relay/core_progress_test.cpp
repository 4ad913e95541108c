// What a relay reports about itself: how much is not published, and how long every try has failed.
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

#include "src/relay/core_fixture.h"

namespace headwater {
namespace {

using Backlog = std::optional<std::uint64_t>;

ChangeBatch with_backlog(ChangeBatch batch, std::uint64_t backlog) {
  batch.backlog = backlog;
  return batch;
}

TEST_F(Core, WhatIsReadAndNotInTheStreamCountsInTheBacklog) {
  make();
  lead(at(0, ""));
  EXPECT_EQ(core->progress().backlog, Backlog());
  read(with_backlog(batch({"a", "b"}, "b"), 7));
  EXPECT_EQ(core->progress().backlog, Backlog(9));
  auto shaping = get<task::Shape>(core->next_for_shape());
  EXPECT_EQ(core->progress().backlog, Backlog(9));
  shape(std::move(shaping));
  EXPECT_EQ(core->progress().backlog, Backlog(9));
  stream<task::Append>();
  EXPECT_EQ(core->progress().backlog, Backlog(9));
  core->appended(at(2, "b"), now);
  EXPECT_EQ(core->progress().backlog, Backlog(7));
}

TEST_F(Core, WhileTheStreamIsAwayTheBacklogGrowsWithTheSource) {
  make();
  lead(at(0, ""));
  read(with_backlog(batch({"a", "b"}, "b"), 0));
  shape();
  append({"a", "b"});
  source<task::Read>();
  core->appended(fail(stream_away()), now);
  EXPECT_EQ(core->progress().backlog, Backlog(2));
  // The result of the read in progress arrives and is dropped.
  core->read(with_backlog(batch({"c"}, "c"), 3), now);
  EXPECT_EQ(core->progress().backlog, Backlog(6));
  EXPECT_EQ(core->progress().queue_bytes, 0U);
  // From now on, a look now and then, which opens nothing and holds nothing.
  EXPECT_EQ(source<task::Read>().wait, Milliseconds(0));
  core->read(with_backlog(batch({"d"}, "d"), 98), now);
  EXPECT_EQ(core->progress().backlog, Backlog(102));
  now = *source<task::Wait>().until;
  source<task::Read>();
  core->read(with_backlog(batch({}, "d"), 99), now);
  EXPECT_EQ(core->progress().backlog, Backlog(103));
  // It is back, and everything is read from the tail again.
  go_on(at(0, ""));
  read(with_backlog(batch({"a"}, "a"), 102));
  EXPECT_EQ(core->progress().backlog, Backlog(103));
}

TEST_F(Core, ASourceThatFailsWhileTheStreamIsAwayIsLeftAlone) {
  make();
  lead(at(0, ""));
  read(with_backlog(batch({"a"}, "a"), 0));
  shape();
  append({"a"});
  core->appended(fail(stream_away()), now);
  source<task::Read>();
  core->read(fail(lost()), now);
  source<task::Wait>();
  EXPECT_EQ(core->progress().backlog, Backlog(1));
  EXPECT_EQ(core->progress().state, RelayState::leading);
}

TEST_F(Core, TellsSinceWhenItTriesInVain) {
  make();
  lead(at(0, ""));
  EXPECT_FALSE(core->progress().retrying);
  read(batch({"a"}, "a"));
  shape();
  append({"a"});
  const SteadyTime began = now;
  core->appended(fail(stream_away()), now);
  now += second;
  stream<task::ReadTail>();
  core->tail_read(fail(error(Remedy::retry, Origin::stream, "stream.disk_full")), now);
  ASSERT_TRUE(core->progress().retrying);
  EXPECT_EQ(core->progress().retrying->since, began);
  EXPECT_EQ(core->progress().retrying->error, "stream.disk_full");
  now += second;
  stream<task::ReadTail>();
  core->tail_read(at(1, "a"), now);
  EXPECT_FALSE(core->progress().retrying);
}

TEST_F(Core, ASourceThatIsBackIsAskedSoonWhetherItWorks) {
  make();
  lead(at(0, ""));
  source<task::Read>();
  core->read(fail(error(Remedy::retry, Origin::source, "source.away")), now);
  ASSERT_TRUE(core->progress().retrying);
  now = *source<task::Wait>().until;
  open("");
  source<task::Release>();
  core->released({}, now);
  EXPECT_TRUE(core->progress().retrying);
  EXPECT_EQ(source<task::Read>().wait, options.position_interval);
  core->read(batch({}, ""), now);
  EXPECT_FALSE(core->progress().retrying);
  EXPECT_EQ(source<task::Read>().wait, options.idle_read);
}

using Oldest = std::optional<WallTime>;

constexpr WallTime at_noon{std::chrono::hours(12)};

ChangeBatch committed(const std::string& id, WallTime time) {
  ChangeBatch committed = batch({id}, id);
  committed.changes.front().time = time;
  return committed;
}

TEST_F(Core, TheOldestChangeThatWaitsIsKnownWhereverItIs) {
  make();
  lead(at(0, ""));
  EXPECT_EQ(core->progress().oldest_waiting, Oldest());
  read(committed("a", at_noon));
  EXPECT_EQ(core->progress().oldest_waiting, Oldest(at_noon));
  read(committed("b", at_noon + Milliseconds(5)));
  auto shaping = get<task::Shape>(core->next_for_shape());
  EXPECT_EQ(core->progress().oldest_waiting, Oldest(at_noon));
  shape(std::move(shaping));
  EXPECT_EQ(core->progress().oldest_waiting, Oldest(at_noon));
  append({"a"});
  EXPECT_EQ(core->progress().oldest_waiting, Oldest(at_noon));
  core->appended(at(1, "a"), now);
  EXPECT_EQ(core->progress().oldest_waiting, Oldest(at_noon + Milliseconds(5)));
  shape();
  append({"b"});
  core->appended(at(2, "b"), now);
  EXPECT_EQ(core->progress().oldest_waiting, Oldest());
}

/// The relay has dropped it, and it still is not in the stream.
TEST_F(Core, WhatIsInDoubtWaitsUntilItIsReadAgain) {
  make();
  lead(at(0, ""));
  read(committed("a", at_noon));
  shape();
  append({"a"});
  core->appended(fail(stream_away()), now);
  EXPECT_EQ(core->progress().oldest_waiting, Oldest(at_noon));
  now = *stream<task::Wait>().until;
  go_on(at(0, ""));
  EXPECT_EQ(core->progress().oldest_waiting, Oldest(at_noon));
  read(committed("a", at_noon));
  EXPECT_EQ(core->progress().oldest_waiting, Oldest(at_noon));
  shape();
  append({"a"});
  core->appended(at(1, "a"), now);
  EXPECT_EQ(core->progress().oldest_waiting, Oldest());
}

/// It was there, so there is nothing to read again.
TEST_F(Core, WhatWasInDoubtAndIsThereWaitsNoLonger) {
  make();
  lead(at(0, ""));
  read(committed("a", at_noon));
  shape();
  append({"a"});
  core->appended(fail(stream_away()), now);
  now = *stream<task::Wait>().until;
  go_on(at(1, "a"));
  read(batch({}, "a", true));
  EXPECT_EQ(core->progress().oldest_waiting, Oldest());
}

/// Neither the outage nor the wait for the next change counts as work that does not move.
TEST_F(Core, ARelayThatIsBackHasNotBeenStuck) {
  make();
  lead(at(0, ""));
  read(committed("a", at_noon));
  shape();
  append({"a"});
  core->appended(fail(stream_away()), now);
  now += Milliseconds(330'000);
  stream<task::ReadTail>();
  core->tail_read(at(1, "a"), now);
  EXPECT_EQ(core->progress().waiting_since, std::optional(now));
  open("a");
  source<task::Release>();
  core->released({}, now);
  EXPECT_EQ(source<task::Read>().wait, options.position_interval);
  core->read(with_backlog(batch({}, "a", true), 0), now);
  EXPECT_EQ(core->progress().waiting_since, std::nullopt);
  EXPECT_EQ(source<task::Read>().wait, options.idle_read);
}

/// A source that was away has held up what follows it.
TEST_F(Core, WhatWaitsIsTimedFromTheEndOfASourcesOutage) {
  make();
  lead(at(0, ""));
  read(with_backlog(batch({}, ""), 3));
  source<task::Read>();
  core->read(fail(error(Remedy::retry, Origin::source, "source.unavailable")), now);
  now += Milliseconds(600'000);
  open("");
  source<task::Release>();
  core->released({}, now);
  read(with_backlog(batch({"a"}, "a"), 2));
  EXPECT_EQ(core->progress().waiting_since, std::optional(now));
}

/// They are as old as the request for them, and nobody waits for that.
TEST_F(Core, RowsOfASnapshotAreNotLate) {
  make();
  lead(at(0, ""));
  ChangeBatch rows = batch({"a", "b"}, "b");
  for (Change& row : rows.changes) row.op = Op::read;
  read(std::move(rows));
  EXPECT_EQ(core->progress().oldest_waiting, Oldest());
  ChangeBatch mixed = batch({"c", "d"}, "d");
  mixed.changes[0].op = Op::read;
  mixed.changes[1].time = at_noon;
  read(std::move(mixed));
  EXPECT_EQ(core->progress().oldest_waiting, Oldest(at_noon));
}

TEST_F(Core, SomethingWaitsFromTheReadToTheAppend) {
  using Since = std::optional<SteadyTime>;
  make();
  lead(at(0, ""));
  read(batch({}, "", true));
  EXPECT_EQ(core->progress().waiting_since, Since());
  read(batch({"a"}, "a"));
  const SteadyTime first = now;
  EXPECT_EQ(core->progress().waiting_since, Since(first));
  now += Milliseconds(10);
  read(batch({"b"}, "b"));
  EXPECT_EQ(core->progress().waiting_since, Since(first));
  shape();
  append({"a"});
  now += Milliseconds(10);
  core->appended(at(1, "a"), now);
  EXPECT_EQ(core->progress().waiting_since, Since(now)) << "the second";
  shape();
  append({"b"});
  core->appended(at(2, "b"), now);
  EXPECT_EQ(core->progress().waiting_since, Since());
}

/// A source whose reads bring nothing although it has more.
TEST_F(Core, ABacklogThatDoesNotMoveWaits) {
  make();
  lead(at(0, ""));
  read(with_backlog(batch({}, ""), 3));
  const SteadyTime first = now;
  now += Milliseconds(90'000);
  read(with_backlog(batch({}, ""), 5));
  EXPECT_EQ(core->progress().waiting_since, std::optional(first));
}

TEST_F(Core, AStandbyHasNothingThatWaits) {
  make();
  stand_by(at(9, "i"));
  look(at(9, "i"));
  open("i");
  source<task::Read>();
  core->read(with_backlog(committed("j", at_noon), 7), now);
  EXPECT_EQ(core->progress().waiting_since, std::nullopt);
  EXPECT_EQ(core->progress().oldest_waiting, Oldest());
}

}  // namespace
}  // namespace headwater

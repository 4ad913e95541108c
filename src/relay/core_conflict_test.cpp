// Another relay, or a stream that lost its end: how the core distinguishes them, and what it does.
#include <gtest/gtest.h>

#include "src/relay/core_fixture.h"

namespace headwater {
namespace {

TEST_F(Core, AConflictMeansStandByAndHoldNothing) {
  make();
  stand_by(at(9, "i"));
  EXPECT_EQ(core->progress().state, RelayState::standing_by);
  EXPECT_EQ(core->progress().queue_bytes, 0U);
  source<task::Wait>();
  EXPECT_LE(*stream<task::Wait>().until, now + options.takeover_after / 4);
}

TEST_F(Core, AConflictEndsItWhenAskedTo) {
  options.on_conflict = OnConflict::exit;
  make();
  lead(at(5, "e"));
  read(batch({"f"}, "f"));
  shape();
  append({"f"});
  core->appended(fail(conflict()), now);
  stream<task::ReadTail>();
  core->tail_read(at(6, "other"), now);
  stream<task::Finished>();
  ASSERT_TRUE(core->error());
  EXPECT_EQ(core->error()->name, "relay.conflict");
}

TEST_F(Core, AStandbyTakesOverWhenTheTailStandsStillAndTheSourceDoesNot) {
  make();
  stand_by(at(9, "i"));
  look(at(9, "i"));
  open("i");
  EXPECT_EQ(source<task::Read>().limits.count, 1U);
  core->read(batch({"j"}, "j"), now);
  close();
  EXPECT_EQ(core->progress().queue_bytes, 0U);
  const SteadyTime seen = now;
  while (core->progress().state != RelayState::leading) {
    source<task::Wait>();
    look(at(9, "i"));
    ASSERT_LE(now, seen + 2 * options.takeover_after);
  }
  EXPECT_GE(now, seen + options.takeover_after);
  open("i");
}

/// The log was trimmed after another relay continued: the source cannot distinguish that from a
/// loss.
TEST_F(Core, WhatMayBeALossIsTriedAgainOnlyAfterTheTail) {
  const auto gone = [] {
    return fail(error(Remedy::retry, Origin::source, "source.history_lost"));
  };
  make();
  lead(at(5, "e"));
  source<task::Read>();
  core->read(gone(), now);
  now += options.retry_longest;
  source<task::Wait>();
  stream<task::Maintain>();
  core->maintained(false, now);
  stream<task::ReadTail>();
  source<task::Wait>();
  core->tail_read(at(9, "i"), now);
  EXPECT_EQ(core->progress().state, RelayState::standing_by);
  // No relay continued: the source must report what is lost.
  make();
  lead(at(5, "e"));
  source<task::Read>();
  core->read(gone(), now);
  now += options.retry_longest;
  check(at(5, "e"), Milliseconds(0));
  open("e");
}

/// A read that began earlier does not show who continued since.
TEST_F(Core, ALookThatBeganBeforeTheLossIsNoAnswer) {
  make();
  lead(at(5, "e"));
  now += options.tail_interval;
  stream<task::Maintain>();
  core->maintained(false, now);
  stream<task::ReadTail>();
  source<task::Read>();
  core->read(fail(error(Remedy::retry, Origin::source, "source.went_back")), now);
  core->tail_read(at(5, "e"), now);
  now += options.retry_longest;
  source<task::Wait>();
  stream<task::Maintain>();
  core->maintained(false, now);
  stream<task::ReadTail>();
}

/// A source may have more changes without being able to return them yet.
TEST_F(Core, AStandbyFindsWhatTheSourceOnlyCounts) {
  make();
  stand_by(at(9, "i"));
  look(at(9, "i"));
  open("i");
  source<task::Read>();
  ChangeBatch counted = batch({}, "i");
  counted.backlog = 1;
  core->read(std::move(counted), now);
  const SteadyTime seen = now;
  while (core->progress().state != RelayState::leading) {
    look(at(9, "i"));
    ASSERT_LE(now, seen + 3 * options.takeover_after);
  }
}

/// The stream was emptied, or deleted and created again: continuing from now would skip the changes
/// in between.
TEST_F(Core, AnEmptyTailEndsARelayWhoseSourceKnowsNoBeginning) {
  options.empty_tail_is_beginning = false;
  const auto ends = [this] {
    ASSERT_TRUE(core->error());
    EXPECT_EQ(core->error()->name, "stream.position_lost");
    EXPECT_EQ(core->error()->remedy, Remedy::stop);
    EXPECT_NE(core->error()->next, "");
  };
  make();
  stream<task::ReadTail>();
  core->tail_read(at(0, "", ""), now);
  source<task::Finished>();
  ends();
  // In the middle of it.
  make();
  lead(at(5, "e"));
  check(at(0, "", ""));
  ends();
  // While standing by.
  make();
  stand_by(at(9, "i"));
  look(at(0, "", ""));
  ends();
}

TEST_F(Core, AnEmptyTailIsABeginningForAnyOtherSource) {
  make();
  lead(at(0, "", ""));
  EXPECT_EQ(core->progress().state, RelayState::leading);
}

TEST_F(Core, AnIdleLeaderLooksAtTheTailAndGoesOn) {
  make();
  lead(at(5, "e"));
  for (int i = 0; i < 3; ++i) {
    check(at(5, "e"));
    EXPECT_EQ(core->progress().state, RelayState::leading);
  }
  // What it reads in between is not lost, and an append is as good as a read of the tail.
  read(batch({"f"}, "f"));
  shape();
  EXPECT_EQ(append({"f"}).expected, at(5, "e").tail());
  core->appended(at(6, "f"), now);
  EXPECT_EQ(*stream<task::Wait>().until, now + options.tail_interval);
}

TEST_F(Core, AnIdleLeaderNoticesThatAnotherOneLeads) {
  make();
  lead(at(5, "e"));
  check(at(5, "other"));
  EXPECT_EQ(core->progress().state, RelayState::standing_by);
  EXPECT_EQ(core->progress().conflicts, 1U);
}

TEST_F(Core, AnIdleLeaderNoticesThatTheStreamLostItsEnd) {
  make();
  lead(at(5, "e"));
  read(batch({"f"}, "f"));
  check(at(4, "d"));
  EXPECT_EQ(notes.all[notes.all.size() - 2].kind, RelayNote::Kind::end_lost);
  EXPECT_EQ(core->progress().state, RelayState::leading);
  open("d");
  EXPECT_EQ(source<task::Release>().durable.tail(), at(4, "d").tail());
  core->released({}, now);
  read(batch({"e", "f"}, "f"));
  shape();
  EXPECT_EQ(append({"e", "f"}).expected, at(4, "d").tail());
}

TEST_F(Core, AnIdleLeaderThatCannotLookTriesAgain) {
  make();
  lead(at(5, "e"));
  check(fail(stream_away()), options.tail_interval);
  EXPECT_EQ(core->progress().retries.at(stream_away().name), 1U);
  now = *stream<task::Wait>().until;
  check(at(5, "e"), Milliseconds(0));
  EXPECT_EQ(core->progress().state, RelayState::leading);
}

TEST_F(Core, AStandbyLeavesAnIdleLeaderAlone) {
  make();
  stand_by(at(9, "i"));
  look(at(9, "i"));
  open("i");
  source<task::Read>();
  for (int i = 0; i < 50; ++i) look(at(9, "i"));
  // The leader's first change after a long rest: it has the whole time to publish it.
  core->read(batch({"j"}, "j"), now);
  look(at(9, "i"));
  look(at(10, "j"));
  EXPECT_EQ(core->progress().state, RelayState::standing_by);
  close();
  source<task::Wait>();
}

TEST_F(Core, AStandbyWakesItsReadWhenTheTailMoves) {
  make();
  stand_by(at(9, "i"));
  look(at(9, "i"));
  open("i");
  source<task::Read>();
  EXPECT_FALSE(core->source_call_is_in_vain());
  look(at(10, "j"));
  EXPECT_TRUE(core->source_call_is_in_vain());
}

TEST_F(Core, ASourceThatFailsBecauseAnotherRelayWentOnMeansStandBy) {
  make();
  lead(at(1, "a"));
  source<task::Read>();
  core->read(fail(lost()), now);
  stream<task::ReadTail>();
  core->tail_read(at(9, "i"), now);
  EXPECT_FALSE(core->error());
  EXPECT_EQ(core->progress().state, RelayState::standing_by);
}

TEST_F(Core, AConflictAtAnEndThatWasLostIsNoOtherRelay) {
  for (const OnConflict on_conflict : {OnConflict::standby, OnConflict::exit}) {
    options.on_conflict = on_conflict;
    make();
    lead(at(5, "e"));
    read(batch({"f"}, "f"));
    shape();
    append({"f"});
    core->appended(fail(conflict()), now);
    stream<task::ReadTail>();
    core->tail_read(at(3, "c"), now);
    expect_end_lost(3);
    EXPECT_EQ(core->progress().conflicts, 0U);
    open("c");
  }
}

/// An append that was not answered, and the failover is over.
TEST_F(Core, ADoubtThatEndsAtAnEndThatWasLostIsTold) {
  make();
  lead(at(5, "e"));
  read(batch({"f"}, "f"));
  shape();
  append({"f"});
  core->appended(fail(stream_away()), now);
  now = *stream<task::Wait>().until;
  stream<task::ReadTail>();
  core->tail_read(at(3, "c"), now);
  expect_end_lost(3);
  open("c");
}

/// The source has no way on from a place that the stream does not have any more.
TEST_F(Core, ASourceThatFailsWhereTheEndWasLostIsTakenUpThere) {
  make();
  lead(at(5, "e"));
  source<task::Read>();
  core->read(fail(lost()), now);
  stream<task::ReadTail>();
  core->tail_read(at(3, "c"), now);
  expect_end_lost(3);
  open("c");
  // Unless it fails there, too.
  source<task::Release>();
  core->released({}, now);
  source<task::Read>();
  core->read(fail(lost()), now);
  stream<task::ReadTail>();
  core->tail_read(at(3, "c"), now);
  stream<task::Finished>();
  ASSERT_TRUE(core->error());
  EXPECT_EQ(core->error()->name, "source.history_lost");
}

TEST_F(Core, AnIdleLeaderEndsWhenAskedToIfAnotherOneLeads) {
  options.on_conflict = OnConflict::exit;
  make();
  lead(at(5, "e"));
  check(at(4, "d"));
  EXPECT_EQ(core->progress().state, RelayState::leading);
  check(at(6, "f"));
  stream<task::Finished>();
  ASSERT_TRUE(core->error());
  EXPECT_EQ(core->error()->name, "relay.conflict");
}

TEST_F(Core, AStopEndsTheWaitForAStreamThatWentAway) {
  make();
  lead(at(5, "e"));
  check(fail(stream_away()), options.tail_interval);
  stream<task::Wait>();
  core->request_stop(now);
  stream<task::Finished>();
  EXPECT_FALSE(core->error());
}

}  // namespace
}  // namespace headwater

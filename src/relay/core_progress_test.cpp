// What a relay reports about itself: how much is not published, and how long every try has failed.
#include <gtest/gtest.h>

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
  core->shaped(shape_all(shaping.changes, [](Change&& change, std::vector<Event>& events) {
    publish(std::move(change), events);
    return Result<void>();
  }));
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
  stream<task::ReadTail>();
  core->tail_read(at(0, ""), now);
  open("");
  source<task::Release>();
  core->released({}, now);
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

}  // namespace
}  // namespace headwater

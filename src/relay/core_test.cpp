#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "src/relay/core_fixture.h"

namespace headwater {
namespace {

TEST_F(Core, BeginsWhereTheTailIs) {
  make();
  EXPECT_TRUE(std::holds_alternative<task::Wait>(core->next_for_source(now)));
  lead(at(7, "g"));
  read(batch({"h"}, "h"));
  shape();
  const auto task = append({"h"});
  EXPECT_EQ(task.expected, at(7, "g").tail());
  EXPECT_EQ(task.position.token, "h");
}

TEST_F(Core, ATailFromAnotherSourceStopsIt) {
  make();
  stream<task::ReadTail>();
  core->tail_read(at(1, "x", "another"), now);
  stream<task::Finished>();
  ASSERT_TRUE(core->error());
  EXPECT_EQ(core->error()->name, "stream.other_source");
  EXPECT_NE(core->error()->next, "");
}

TEST_F(Core, EachAppendExpectsTheTailThatTheLastOneLeft) {
  make();
  lead(at(0, ""));
  read(batch({"a"}, "a"));
  shape();
  EXPECT_EQ(append({"a"}).expected, at(0, "").tail());
  core->appended(at(1, "a"), now);
  EXPECT_EQ(source<task::Release>().durable.tail(), at(1, "a").tail());
  core->released({}, now);
  read(batch({"b"}, "b"));
  shape();
  EXPECT_EQ(append({"b"}).expected, at(1, "a").tail());
}

TEST_F(Core, ReleasesOnlyTheNewestDurableTail) {
  make();
  lead(at(0, ""));
  source<task::Read>();
  core->read(batch({"a"}, "a"), now);
  source<task::Read>();
  shape();
  append({"a"});
  core->appended(at(1, "a"), now);
  core->read(batch({"b"}, "b"), now);
  shape();
  append({"b"});
  core->appended(at(2, "b"), now);
  EXPECT_EQ(source<task::Release>().durable.tail(), at(2, "b").tail());
  core->released({}, now);
  source<task::Read>();
}

TEST_F(Core, AnAppendTakesWhatIsThereUpToItsLimits) {
  options.append.count = 3;
  make();
  lead(at(0, ""));
  read(batch({"a", "b"}, "b"));
  shape();
  read(batch({"c"}, "c"));
  shape();
  read(batch({"d"}, "d"));
  shape();
  EXPECT_EQ(append({"a", "b", "c"}).position.token, "c");
  core->appended(at(3, "c"), now);
  EXPECT_EQ(append({"d"}).position.token, "d");
}

TEST_F(Core, QueuesAreBoundedAndALargeChangePassesAlone) {
  options.read.bytes = 100;
  options.changes_bytes = 200;
  options.events_bytes = 1;
  make();
  lead(at(0, ""));
  auto large = batch({"a"}, "a");
  large.changes[0].database = std::string(10'000, 'x');
  read(std::move(large));
  source<task::Wait>();
  shape();
  read(batch({"b"}, "b"));
  // The events' queue is full: nothing more is shaped until some are in the stream.
  EXPECT_TRUE(std::holds_alternative<task::Wait>(core->next_for_shape()));
  append({"a"});
  EXPECT_TRUE(std::holds_alternative<task::Wait>(core->next_for_shape()));
  core->appended(at(1, "a"), now);
  shape();
}

TEST_F(Core, SavesTheMerePositionNowAndThen) {
  make();
  lead(at(0, ""));
  read(batch({}, "b"));
  EXPECT_EQ(*stream<task::Wait>().until, now + options.position_interval);
  read(batch({}, "c"));
  now += options.position_interval;
  EXPECT_EQ(append({}).position.token, "c");
  core->appended(at(0, "c"), now);
  EXPECT_EQ(source<task::Release>().durable.tail().position.token, "c");
}

TEST_F(Core, SkippedChangesRideWithTheEventsBeforeThem) {
  make();
  lead(at(0, ""));
  read(batch({"a"}, "a"));
  read(batch({}, "c"));
  shape();
  EXPECT_EQ(append({"a"}).position.token, "c");
}

TEST_F(Core, DoubtsThatComeToSomethingDoNotMakeItWaitLonger) {
  make();
  lead(at(0, ""));
  for (std::uint64_t i = 1; i <= 20; ++i) {
    read(batch({"more"}, "more"));
    shape();
    append({"more"});
    core->appended(fail(stream_away()), now);
    const SteadyTime then = *stream<task::Wait>().until;
    EXPECT_LT(then - now, 4 * options.retry_first) << i;
    now = then;
    stream<task::ReadTail>();
    core->tail_read(at(i, ""), now);
    open("");
    source<task::Release>();
    core->released({}, now);
    if (std::holds_alternative<task::Maintain>(core->next_for_stream(now))) {
      core->maintained(false, now);
    }
  }
}

TEST_F(Core, AfterADoubtTheTailDecides) {
  make();
  lead(at(0, ""));
  read(batch({"a"}, "a"));
  source<task::Read>();
  shape();
  append({"a"});
  core->appended(fail(stream_away()), now);
  // Changes read in the meantime belong to the time before the doubt.
  EXPECT_TRUE(core->source_call_is_in_vain());
  core->read(batch({"b"}, "b"), now);
  EXPECT_EQ(core->progress().queue_bytes, 0U);
  now = *stream<task::Wait>().until;
  stream<task::ReadTail>();
  core->tail_read(at(1, "a"), now);
  open("a");
}

TEST_F(Core, PausesGrowAndEnd) {
  make();
  Milliseconds longest{0};
  for (int i = 0; i < 20; ++i) {
    stream<task::ReadTail>();
    core->tail_read(fail(stream_away()), now);
    ASSERT_EQ(notes.all.back().kind, RelayNote::Kind::retrying);
    longest = std::max(longest, notes.all.back().delay);
    now = *stream<task::Wait>().until;
  }
  EXPECT_LE(notes.all.front().delay, options.retry_first);
  EXPECT_LE(longest, options.retry_longest);
  EXPECT_GE(longest, options.retry_longest / 2);
}

TEST_F(Core, AfterASourcesRetryItGoesOnBehindWhatWasRead) {
  make();
  lead(at(0, ""));
  read(batch({"a"}, "a"));
  source<task::Read>();
  core->read(fail(error(Remedy::retry, Origin::source, "source.away")), now);
  now = *source<task::Wait>().until;
  open("a");
  shape();
  append({"a"});
}

TEST_F(Core, ASourceThatFailsForGoodStopsItAfterAllBefore) {
  make();
  lead(at(0, ""));
  read(batch({"a"}, "a"));
  source<task::Read>();
  core->read(fail(lost()), now);
  shape();
  append({"a"});
  core->appended(at(1, "a"), now);
  stream<task::ReadTail>();
  core->tail_read(at(1, "a"), now);
  stream<task::Finished>();
  ASSERT_TRUE(core->error());
  EXPECT_EQ(core->error()->name, "source.history_lost");
}

TEST_F(Core, AChangeThatCannotBeShapedStopsItAfterAllBefore) {
  make();
  lead(at(0, ""));
  source<task::Read>();
  core->read(batch({"a", "b", "c"}, "c"), now);
  source<task::Read>();
  auto task = get<task::Shape>(core->next_for_shape());
  core->shaped(shape_all(task.changes, [](Change&& change, std::vector<Event>& events) {
    if (change.id == "b") return Result<void>(fail(lost()));
    publish(std::move(change), events);
    return Result<void>();
  }));
  // Changes after it must not get into the stream.
  core->read(batch({"d"}, "d"), now);
  EXPECT_EQ(append({"a"}).position.token, "a");
  core->appended(at(1, "a"), now);
  stream<task::ReadTail>();
  core->tail_read(at(1, "a"), now);
  stream<task::Finished>();
  EXPECT_TRUE(core->error());
}

TEST_F(Core, UntilCurrentEndsOnceAllIsDurable) {
  options.until_current = true;
  make();
  lead(at(0, ""));
  read(batch({"a"}, "a"));
  read(batch({"b"}, "b", true));
  source<task::Wait>();
  shape();
  shape();
  append({"a", "b"});
  core->appended(at(2, "b"), now);
  stream<task::Finished>();
  EXPECT_FALSE(core->error());
}

TEST_F(Core, UntilCurrentEndsWhenNothingIsNew) {
  options.until_current = true;
  make();
  lead(at(2, "b"));
  EXPECT_EQ(source<task::Read>().wait.count(), 0);
  core->read(batch({}, "b", true), now);
  stream<task::Finished>();
  EXPECT_FALSE(core->error());
}

TEST_F(Core, UntilCurrentSavesAPositionAtOnce) {
  options.until_current = true;
  make();
  lead(at(2, "b"));
  read(batch({}, "c", true));
  append({});
  core->appended(at(2, "c"), now);
  stream<task::Finished>();
}

TEST_F(Core, HousekeepingFailingForNowStopsNothing) {
  make();
  stream<task::ReadTail>();
  core->tail_read(at(0, ""), now);
  stream<task::Maintain>();
  core->maintained(fail(stream_away()), now);
  EXPECT_EQ(*stream<task::Wait>().until, now + options.maintain_interval);
}

TEST_F(Core, TellsHowFarASnapshotIsWhileItLeads) {
  make();
  lead(at(0, ""));
  EXPECT_FALSE(core->progress().snapshot);
  ChangeBatch rows = batch({"a"}, "a");
  rows.snapshot = SnapshotProgress{.table = "orders", .done = 1, .total = 3};
  read(rows);
  ASSERT_TRUE(core->progress().snapshot);
  EXPECT_EQ(core->progress().snapshot->table, "orders");
  EXPECT_EQ(core->progress().snapshot->done, 1U);
  EXPECT_EQ(core->progress().snapshot->total, 3U);
  // It is over.
  shape();
  append({"a"});
  core->appended(at(1, "a"), now);
  source<task::Release>();
  core->released({}, now);
  read(batch({"b"}, "b"));
  EXPECT_FALSE(core->progress().snapshot);
  // Or another relay has it now.
  rows.position = {"c"};
  read(rows);
  shape();
  append({"b"});
  EXPECT_TRUE(core->progress().snapshot);
  core->appended(fail(conflict()), now);
  EXPECT_FALSE(core->progress().snapshot);
}

TEST_F(Core, NotesAGap) {
  make();
  lead(at(0, ""));
  auto gap = batch({"a"}, "a");
  gap.changes[0].op = Op::gap;
  gap.changes[0].gap = Gap{.reason = "because", .from = "1", .to = "2"};
  read(std::move(gap));
  ASSERT_EQ(notes.all.back().kind, RelayNote::Kind::gap);
  EXPECT_EQ(notes.all.back().gap->reason, "because");
}

}  // namespace
}  // namespace headwater

#include "src/relay/core.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace headwater {
namespace {

constexpr Milliseconds second{1'000};

struct Notes final : RelayObserver {
  void note(const RelayNote& note) override { all.push_back(note); }
  std::vector<RelayNote> all;
};

Error error(Remedy remedy, Origin origin, const std::string& name) {
  return {.remedy = remedy, .origin = origin, .name = name, .message = "test"};
}
Error stream_away() { return error(Remedy::retry, Origin::stream, "stream.away"); }
Error conflict() { return error(Remedy::stand_by, Origin::stream, "stream.conflict"); }
Error lost() { return error(Remedy::stop, Origin::source, "source.history_lost"); }

Durable at(std::uint64_t sequence, const std::string& position, const std::string& source = "us") {
  return Durable::confirmed_by_stream({sequence, {position}, source});
}

ChangeBatch batch(const std::vector<std::string>& ids, const std::string& position,
                  bool current = false) {
  ChangeBatch batch;
  for (const auto& id : ids) {
    Change change;
    change.id = id;
    change.position = {id};
    batch.changes.push_back(std::move(change));
  }
  batch.position = {position};
  batch.current = current;
  return batch;
}

/// Drives the lanes by hand.
class Core : public ::testing::Test {
 protected:
  void make() { core.emplace(options, "us", notes); }

  template <class Task>
  Task source() {
    return get<Task>(core->next_for_source(now));
  }
  template <class Task>
  Task stream() {
    return get<Task>(core->next_for_stream(now));
  }
  template <class Task, class Variant>
  Task get(Variant task) {
    const bool as_expected = std::holds_alternative<Task>(task);
    EXPECT_TRUE(as_expected) << "task " << task.index();
    return as_expected ? std::get<Task>(std::move(task)) : Task(blank<Task>());
  }
  template <class Task>
  static Task blank() {
    if constexpr (std::is_same_v<Task, task::Release>) {
      return {at(0, "")};
    } else {
      return {};
    }
  }

  /// Reads the tail, opens the source, tells it what is durable, and does the housekeeping.
  void lead(const Durable& tail) {
    stream<task::ReadTail>();
    core->tail_read(tail, now);
    open(tail.tail().position.token);
    EXPECT_EQ(source<task::Release>().durable.tail(), tail.tail());
    core->released({}, now);
    stream<task::Maintain>();
    core->maintained(false, now);
  }
  void open(const std::string& position) {
    EXPECT_EQ(source<task::Open>().after.token, position);
    core->opened({}, now);
  }
  void read(ChangeBatch what) {
    source<task::Read>();
    core->read(std::move(what), now);
  }
  void shape() {
    auto task = get<task::Shape>(core->next_for_shape());
    core->shaped(shape_all(task.changes, "us", [](const Change& change, const std::string&) {
      Event event;
      event.id = change.id;
      return Result<Event>(std::move(event));
    }));
  }
  task::Append append(const std::vector<std::string>& ids) {
    auto task = stream<task::Append>();
    std::vector<std::string> found;
    for (const Event& event : task.events) found.push_back(event.id);
    EXPECT_EQ(found, ids);
    return task;
  }
  /// A leader's look at the tail, after so long without appends.
  void check(Result<Durable> tail, Milliseconds idle) {
    now += idle;
    auto task = core->next_for_stream(now);
    if (std::holds_alternative<task::Maintain>(task)) {
      core->maintained(false, now);
      task = core->next_for_stream(now);
    }
    EXPECT_TRUE(std::holds_alternative<task::ReadTail>(task)) << "task " << task.index();
    core->tail_read(std::move(tail), now);
  }
  void check(const Durable& tail) { check(tail, options.tail_interval); }
  /// A leader at sequence 5 that has just lost against another relay, which is at `tail`.
  void stand_by(const Durable& tail) {
    lead(at(5, "e"));
    read(batch({"f"}, "f"));
    shape();
    append({"f"});
    core->appended(fail(conflict()), now);
    stream<task::ReadTail>();
    core->tail_read(tail, now);
  }
  void look(const Durable& tail) {
    now = *stream<task::Wait>().until;
    stream<task::ReadTail>();
    core->tail_read(tail, now);
  }

  RelayOptions options;
  Notes notes;
  SteadyTime now{};
  std::optional<RelayCore> core;
};

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

TEST_F(Core, AStopSavesThePositionAtOnce) {
  make();
  lead(at(0, ""));
  read(batch({}, "c"));
  core->request_stop();
  EXPECT_EQ(append({}).position.token, "c");
  core->appended(at(0, "c"), now);
  stream<task::Finished>();
  EXPECT_FALSE(core->error());
  source<task::Release>();
  core->released({}, now);
  source<task::Finished>();
  EXPECT_TRUE(std::holds_alternative<task::Finished>(core->next_for_shape()));
}

TEST_F(Core, AStopBeginsNoAppendWhenAppendsAreSlow) {
  make();
  lead(at(0, ""));
  read(batch({"a"}, "a"));
  shape();
  append({"a"});
  now += second;
  core->appended(at(1, "a"), now);
  source<task::Release>();
  core->released({}, now);
  read(batch({"b"}, "b"));
  shape();
  source<task::Read>();
  core->request_stop();
  EXPECT_TRUE(core->read_is_in_vain());
  stream<task::Finished>();
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
  // Whatever is read meanwhile belongs to what was before the doubt.
  EXPECT_TRUE(core->read_is_in_vain());
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

TEST_F(Core, AChangeThatCannotBeShapedStopsItAfterAllBefore) {
  make();
  lead(at(0, ""));
  source<task::Read>();
  core->read(batch({"a", "b", "c"}, "c"), now);
  source<task::Read>();
  auto task = get<task::Shape>(core->next_for_shape());
  core->shaped(shape_all(task.changes, "us", [](const Change& change, const std::string&) {
    if (change.id == "b") return Result<Event>(fail(lost()));
    Event event;
    event.id = change.id;
    return Result<Event>(std::move(event));
  }));
  // What comes behind it must not get into the stream.
  core->read(batch({"d"}, "d"), now);
  EXPECT_EQ(append({"a"}).position.token, "a");
  core->appended(at(1, "a"), now);
  stream<task::ReadTail>();
  core->tail_read(at(1, "a"), now);
  stream<task::Finished>();
  EXPECT_TRUE(core->error());
}

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

TEST_F(Core, AnIdleLeaderLooksAtTheTailAndGoesOn) {
  make();
  lead(at(5, "e"));
  for (int i = 0; i < 3; ++i) {
    check(at(5, "e"));
    EXPECT_EQ(core->progress().state, RelayState::leading);
  }
  // What it reads meanwhile is not lost, and an append is as good as a look.
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
  stream<task::ReadTail>();
  core->tail_read(at(6, "f"), now);
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
  EXPECT_EQ(core->progress().retries, 1U);
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
  source<task::Wait>();
}

TEST_F(Core, AStandbyWakesItsReadWhenTheTailMoves) {
  make();
  stand_by(at(9, "i"));
  look(at(9, "i"));
  open("i");
  source<task::Read>();
  EXPECT_FALSE(core->read_is_in_vain());
  look(at(10, "j"));
  EXPECT_TRUE(core->read_is_in_vain());
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

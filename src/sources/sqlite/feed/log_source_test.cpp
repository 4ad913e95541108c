#include "src/sources/sqlite/feed/log_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <thread>

#include "src/sources/sqlite/feed/feed_rig.h"
#include "src/sources/sqlite/feed/key_text.h"
#include "src/sqlite/commit_watch.h"
#include "testing/rig/retried.h"

namespace headwater::sqlite {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class LogSourceTest : public testing::TestWithParam<const char*> {
 protected:
  FeedRig rig{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Modes, LogSourceTest, testing::Values("wal", "delete"),
                         [](const auto& mode) { return std::string(mode.param); });

TEST_P(LogSourceTest, GivesChangesInCommitOrder) {
  rig.add_relay("r", false);
  auto source = rig.source("r");
  must(source->open({}));
  rig.run("INSERT INTO item VALUES(1, 'a'); UPDATE item SET v = 'b'; DELETE FROM item;");
  rig.run("BEGIN; INSERT INTO item VALUES(7, 'never'); ROLLBACK");
  rig.run("INSERT INTO word VALUES('x', 2, NULL)");
  EXPECT_THAT(briefs(read_all(*source)),
              ElementsAre("insert item i1 i1,ta", "update item i1 i1,tb", "remove item i1",
                          "insert word tx,i2 tx,i2,n"));
}

TEST_P(LogSourceTest, KeepsValuesExactly) {
  rig.add_relay("r", false);
  auto source = rig.source("r");
  must(source->open({}));
  rig.run(
      "INSERT INTO item VALUES(-9223372036854775808, 9223372036854775807),"
      "(1, 9e999), (2, x'00ff'), (3, CAST(x'80ff00' AS TEXT)), (4, ''), (5, x''), (6, -0.0)");
  const auto changes = read_all(*source);
  ASSERT_EQ(changes.size(), 7U);
  const auto value = [&](std::size_t i) { return values_of(changes[i].after)[1]; };
  EXPECT_EQ(values_of(changes[0].key)[0], Value(std::numeric_limits<std::int64_t>::min()));
  EXPECT_EQ(value(0), Value(std::numeric_limits<std::int64_t>::max()));
  EXPECT_TRUE(std::isinf(std::get<double>(value(1))));
  EXPECT_EQ(value(2), Value(Blob{std::string("\0\xff", 2)}));
  EXPECT_EQ(value(3), Value(Text{std::string("\x80\xff\0", 3)}));
  EXPECT_EQ(value(4), Value(Text{}));
  EXPECT_EQ(value(5), Value(Blob{}));
}

TEST_P(LogSourceTest, ResumesAtEveryPosition) {
  rig.add_relay("r", false);
  for (int i = 0; i < 40; ++i) rig.run("INSERT INTO item VALUES(NULL, hex(randomblob(20)))");
  auto source = rig.source("r");
  must(source->open({}));
  const auto all = read_all(*source);
  ASSERT_EQ(all.size(), 40U);
  for (std::size_t i = 0; i < all.size(); ++i) {
    must(source->open(all[i].position));
    const auto rest = read_all(*source, {7, 1U << 20U});
    ASSERT_EQ(rest.size(), all.size() - i - 1);
    for (std::size_t k = 0; k < rest.size(); ++k) {
      EXPECT_EQ(rest[k].id, all[i + 1 + k].id);
      EXPECT_EQ(rest[k].position, all[i + 1 + k].position);
    }
  }
}

TEST_P(LogSourceTest, SnapshotComesBeforeTheChangesOfItsRows) {
  rig.run("INSERT INTO item VALUES(1, 'a'), (2, 'b'), (3, 'c')");
  rig.add_relay("r", true);
  rig.run(
      "UPDATE item SET v = 'B' WHERE k = 2; INSERT INTO item VALUES(9, 'new');"
      "DELETE FROM item WHERE k = 3; INSERT INTO item VALUES(3, 'again')");
  auto source = rig.source("r");
  must(source->open({}));
  EXPECT_THAT(briefs(read_all(*source)),
              ElementsAre("read item i2 i2,tb", "update item i2 i2,tB", "insert item i9 i9,tnew",
                          "read item i3 i3,tc", "remove item i3", "insert item i3 i3,tagain",
                          "read item i1 i1,ta"));
}

/// Applies changes to a map and checks that each makes sense.
class Fold {
 public:
  void apply(const Change& change) {
    const std::string key = change.table + " " + key_text(values_of(change.key));
    ASSERT_TRUE(ids_.insert(change.id).second) << "twice: " << change.id;
    switch (change.op) {
      case Op::read:
        ASSERT_TRUE(read_.insert(key).second) << "read twice: " << key;
        ASSERT_FALSE(touched_.contains(key)) << "read after a change: " << key;
        rows_[key] = key_text(values_of(change.after));
        return;
      case Op::insert:
        ASSERT_FALSE(rows_.contains(key)) << "inserted, but there: " << key;
        rows_[key] = key_text(values_of(change.after));
        break;
      case Op::update:
        ASSERT_TRUE(rows_.contains(key)) << "updated, but not there: " << key;
        ASSERT_EQ(rows_[key], key_text(values_of(change.before))) << key;
        rows_[key] = key_text(values_of(change.after));
        break;
      case Op::remove:
        ASSERT_TRUE(rows_.contains(key)) << "removed, but not there: " << key;
        ASSERT_EQ(rows_[key], key_text(values_of(change.before))) << key;
        rows_.erase(key);
        break;
      default:
        FAIL();
    }
    touched_.insert(key);
  }
  [[nodiscard]] const std::map<std::string, std::string>& rows() const { return rows_; }
  [[nodiscard]] std::size_t reads() const { return read_.size(); }

 private:
  std::set<std::string> ids_, read_, touched_;
  std::map<std::string, std::string> rows_;
};

void random_change(Database& writer, std::mt19937& random) {
  const auto k = std::to_string(random() % 300);
  const std::string word =
      std::string(1, static_cast<char>((random() % 2 == 0 ? 'a' : 'A') + random() % 20)) + k;
  const auto v = std::to_string(random());
  switch (random() % 6) {
    case 0:
      must(writer.execute("INSERT OR IGNORE INTO item VALUES(" + k + ", " + v + ")"));
      break;
    case 1:
      must(writer.execute("UPDATE item SET v = " + v + " WHERE k = " + k));
      break;
    case 2:
      must(writer.execute("DELETE FROM item WHERE k = " + k));
      break;
    case 3:
      must(writer.execute("INSERT OR IGNORE INTO word VALUES('" + word + "', 1, " + v + ")"));
      break;
    case 4:
      must(writer.execute("UPDATE word SET v = " + v + " WHERE w >= '" + word + "' AND w < '" +
                          word + "zz'"));
      break;
    default:
      must(writer.execute("DELETE FROM word WHERE w = '" + word + "'"));
  }
}

TEST_P(LogSourceTest, TellsHowFarTheSnapshotIs) {
  rig.run("INSERT INTO item VALUES(1, 'a'), (2, 'b'), (3, 'c')");
  rig.run("INSERT INTO word VALUES('x', 1, NULL)");
  rig.add_relay("r", true);
  auto source = rig.source("r");
  must(source->open({}));
  // The tables come in no order that is promised.
  std::map<std::string, std::uint64_t> done;
  ChangeBatch batch = must(source->read({1, 1U << 20U}, Milliseconds(0), {}));
  for (int i = 0; i < 4; ++i) {
    ASSERT_EQ(batch.changes.size(), 1U);
    if (batch.snapshot) {
      EXPECT_EQ(batch.snapshot->total, 0U);
      EXPECT_FALSE(batch.backlog);
      done[batch.snapshot->table] = batch.snapshot->done;
    }
    batch = must(source->read({1, 1U << 20U}, Milliseconds(0), {}));
  }
  EXPECT_EQ(done.size(), 2U);
  EXPECT_FALSE(batch.snapshot);
  EXPECT_TRUE(batch.current);
}

TEST_P(LogSourceTest, SnapshotJoinsWhileWritersGoOnAndResumesAnywhere) {
  std::mt19937 random(7);
  {
    auto writer = rig.connect();
    must(writer.execute("BEGIN"));
    for (int i = 0; i < 3000; ++i) random_change(writer, random);
    must(writer.execute("COMMIT"));
  }
  const auto existing =
      rig.number("SELECT (SELECT count(*) FROM item) + (SELECT count(*) FROM word)");
  rig.add_relay("r", true);
  std::jthread busy([&](const std::stop_token& stop) {
    auto writer = rig.connect();
    std::mt19937 others(8);
    for (int i = 0; i < 4000 && !stop.stop_requested(); ++i) random_change(writer, others);
  });

  Fold fold;
  Position at;
  bool current = false;
  for (int round = 0; !current; ++round) {
    auto source = rig.source("r");
    must(rig::retried([&] { return source->open(at); }));
    for (int i = 0; i < 3 && !current; ++i) {
      Position read_to = at;
      auto batch =
          must(rig::read_on(*source, read_to, {1 + random() % 90, 1U << 20U}, Milliseconds(0)));
      // A crash undoes what the stream did not have yet: any part of the batch.
      const std::size_t kept =
          round % 2 == 0 ? batch.changes.size() : random() % (batch.changes.size() + 1);
      for (std::size_t k = 0; k < kept; ++k) fold.apply(batch.changes[k]);
      ASSERT_FALSE(HasFatalFailure());
      if (kept > 0) at = batch.changes[kept - 1].position;
      if (kept == batch.changes.size()) at = batch.position;
      if (kept < batch.changes.size()) break;
      current = batch.current && batch.backlog.has_value();
      if (current) busy.request_stop();
    }
  }
  busy.join();
  EXPECT_EQ(fold.reads(), static_cast<std::size_t>(existing));
  auto source = rig.source("r");
  must(source->open(at));
  for (const auto& change : read_all(*source)) fold.apply(change);
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(fold.rows().size(),
            static_cast<std::size_t>(
                rig.number("SELECT (SELECT count(*) FROM item) + (SELECT count(*) FROM word)")));
}

TEST_P(LogSourceTest, TrimsOnlyBehindEveryRelay) {
  rig.add_relay("fast", false);
  rig.add_relay("slow", false);
  for (int i = 0; i < 3000; ++i) rig.run("INSERT INTO item VALUES(NULL, 1)");
  auto fast = rig.source("fast");
  auto slow = rig.source("slow");
  must(fast->open({}));
  must(slow->open({}));
  Position end;
  (void)read_all(*fast, {1000, 1U << 20U}, &end);
  must(fast->release(durable(end)));
  (void)read_all(*fast);
  EXPECT_EQ(rig.number("SELECT min(seq) FROM _headwater_log"), 1);

  const auto half = must(slow->read({1500, 8U << 20U}, Milliseconds(0), {}));
  must(slow->release(durable(half.position)));
  // Every read removes a piece; an idle relay continues until nothing is left to remove.
  while (rig.number("SELECT min(seq) FROM _headwater_log") < 1500) {
    (void)must(slow->read({1, 1U << 20U}, Milliseconds(0), {}));
  }
  EXPECT_EQ(rig.number("SELECT min(seq) FROM _headwater_log"), 1500);
  must(slow->open(half.position));
  EXPECT_EQ(read_all(*slow).size(), 1500U);
}

TEST_P(LogSourceTest, TrimmingWaitsForNobody) {
  rig.add_relay("r", false);
  rig.run(
      "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
      "INSERT INTO item SELECT i, i FROM n");
  auto source = rig.source("r");
  must(source->open({}));
  Position end;
  EXPECT_EQ(read_all(*source, {1000, 1U << 20U}, &end).size(), 2000U);
  rig.run("BEGIN IMMEDIATE");
  must(source->release(durable(end)));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(source->read({10, 1000}, Milliseconds(0), {}));
  EXPECT_EQ(rig.number("SELECT min(seq) FROM _headwater_log"), 1);
  rig.run("COMMIT");
  while (rig.number("SELECT min(seq) FROM _headwater_log") < 2000) {
    (void)must(source->read({10, 1000}, Milliseconds(1), {}));
  }
  EXPECT_EQ(rig.number("SELECT count(*) FROM _headwater_log"), 1);
}

TEST_P(LogSourceTest, KeepsHistoryForAWhile) {
  rig.add_relay("r", false);
  rig.run(
      "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
      "INSERT INTO item SELECT i, i FROM n");
  auto options = rig.options("r");
  options.history = std::chrono::hours(1);
  struct Watch final : Clock {
    [[nodiscard]] WallTime wall() const override { return WallTime(now); }
    [[nodiscard]] SteadyTime steady() const override { return SteadyTime(now += Milliseconds(10)); }
    mutable Milliseconds now = std::chrono::hours(1000);
  } clock;
  Position end;
  const auto after = [&](Milliseconds time) {
    clock.now += time;
    // A new process each time: what is kept does not depend on how long one lives.
    auto source = must(LogSource::connect(options, clock));
    must(source->open(end));
    (void)read_all(*source, {1000, 1U << 20U}, &end);
    must(source->release(durable(end)));
    for (int i = 0; i < 100; ++i) (void)must(source->read({10, 1000}, Milliseconds(0), {}));
    return rig.number("SELECT min(seq) FROM _headwater_log");
  };
  EXPECT_EQ(after(Milliseconds(0)), 1);
  EXPECT_EQ(after(std::chrono::minutes(30)), 1);
  EXPECT_EQ(after(std::chrono::minutes(29)), 1);
  EXPECT_GT(after(std::chrono::minutes(2)), 1);
}

TEST_P(LogSourceTest, HistoryPassesAlsoWhereNothingIsCommittedAnyMore) {
  rig.add_relay("r", false);
  rig.run(
      "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
      "INSERT INTO item SELECT i, i FROM n");
  auto options = rig.options("r");
  options.history = Milliseconds(20);
  auto source = rig.source(options);
  must(source->open({}));
  Position end;
  (void)read_all(*source, {1000, 1U << 20U}, &end);
  must(source->release(durable(end)));
  Database watched = rig.connect();
  auto watch = must(CommitWatch::on(watched));
  {
    // One read, as an idle relay makes it: it would wait for hours.
    std::jthread idle([&](const std::stop_token& stop) {
      EXPECT_TRUE(source->read({10, 1000}, std::chrono::hours(1), stop));
    });
    while (must(watched.integer("SELECT count(*) FROM _headwater_log")) > 1) {
      (void)must(watch.wait(std::chrono::hours(1), {}));
    }
  }
  EXPECT_EQ(rig.number("SELECT min(seq) FROM _headwater_log"), 2000);
}

TEST_P(LogSourceTest, AStreamThatLostItsEndIsFilledAgain) {
  rig.add_relay("r", false);
  rig.run(
      "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
      "INSERT INTO item SELECT i, i FROM n");
  auto source = rig.source("r");
  must(source->open({}));
  const auto all = read_all(*source, {1000, 1U << 20U});
  must(source->release(durable(all[4900].position)));
  while (rig.number("SELECT min(seq) FROM _headwater_log") == 1) {
    (void)must(source->read({10, 1000}, Milliseconds(0), {}));
  }
  const auto least = rig.number("SELECT min(seq) FROM _headwater_log");
  ASSERT_LT(least, 3000);
  // Another process continues from the present stream; trimming would have continued.
  auto again = rig.source("r");
  must(again->open(all[2999].position));
  must(again->release(durable(all[2999].position)));
  std::size_t count = 0;
  while (count < 2000) {
    const auto batch = must(again->read({100, 1U << 20U}, Milliseconds(0), {}));
    for (const auto& change : batch.changes) EXPECT_EQ(change.id, all[3000 + count++].id);
    ASSERT_FALSE(HasFailure());
  }
  // A slow machine removes less with each read. Trimming ends where the stream does.
  const auto read_on = [&] { (void)must(again->read({10, 1000}, Milliseconds(0), {})); };
  while (rig.number("SELECT min(seq) FROM _headwater_log") < 3000) read_on();
  for (int i = 0; i < 10; ++i) read_on();
  EXPECT_EQ(rig.number("SELECT min(seq) FROM _headwater_log"), 3000);
}

TEST_P(LogSourceTest, HoldsNoLockBetweenReads) {
  rig.run(
      "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 500) "
      "INSERT INTO item SELECT i, i FROM n");
  rig.add_relay("r", true);
  rig.run("UPDATE item SET v = -v WHERE k % 3 = 0");
  auto source = rig.source("r");
  must(source->open({}));
  auto other = rig.connect();
  other.set_busy(Milliseconds(0));
  for (bool done = false; !done;) {
    const auto batch = must(source->read({30, 1U << 20U}, Milliseconds(0), {}));
    must(source->release(durable(batch.position)));
    must(other.execute("BEGIN EXCLUSIVE; COMMIT"));
    done = batch.changes.empty() && batch.current;
  }
}

TEST_P(LogSourceTest, RelaysAtRestLeaveEachOtherAtRest) {
  rig.add_relay("a", false);
  rig.add_relay("b", false);
  rig.run("INSERT INTO item VALUES(1, 1), (2, 2), (3, 3)");
  std::vector<std::unique_ptr<LogSource>> sources;
  for (const char* name : {"a", "b"}) {
    sources.push_back(rig.source(name));
    must(sources.back()->open({}));
    Position end;
    (void)read_all(*sources.back(), {1000, 1U << 20U}, &end);
    must(sources.back()->release(durable(end)));
  }
  while (rig.number("SELECT min(seq) FROM _headwater_log") < 3) {
    for (auto& source : sources) (void)must(source->read({10, 1000}, Milliseconds(1), {}));
  }
  auto onlooker = rig.connect();
  const auto version = must(onlooker.integer("PRAGMA data_version"));
  for (int i = 0; i < 50; ++i) {
    for (auto& source : sources) (void)must(source->read({10, 1000}, Milliseconds(1), {}));
  }
  EXPECT_EQ(must(onlooker.integer("PRAGMA data_version")), version);
}

TEST_P(LogSourceTest, AnEmptyPositionOnATrimmedLogIsLostHistory) {
  rig.add_relay("r", false);
  for (int i = 0; i < 20; ++i) rig.run("INSERT INTO item VALUES(NULL, 1)");
  rig.run("DELETE FROM _headwater_log WHERE seq < 10");
  auto source = rig.source("r");
  const auto opened = source->open({});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().name, "source.history_lost");
  EXPECT_EQ(opened.error().remedy, Remedy::stop);
}

TEST_P(LogSourceTest, NoticesThatTheDatabaseWentBack) {
  rig.add_relay("r", false);
  for (int i = 0; i < 5; ++i) rig.run("INSERT INTO item VALUES(NULL, 1)");
  auto source = rig.source("r");
  must(source->open({}));
  const auto all = read_all(*source);
  rig.run("DROP TRIGGER _headwater_keep_newest; DELETE FROM _headwater_log WHERE seq > 3");
  auto opened = source->open(all[4].position);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().name, "source.went_back");
  // New writes have passed the old number.
  for (int i = 0; i < 5; ++i) rig.run("INSERT INTO item VALUES(NULL, 2)");
  opened = source->open(all[4].position);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().name, "source.went_back");
  must(source->open(all[2].position));
}

TEST_P(LogSourceTest, AHugeChangeIsNamedOrLeavesAGapUnderItsOwnId) {
  rig.add_relay("r", false);
  rig.run(
      "INSERT INTO item VALUES(1, 'small'); INSERT INTO item VALUES(2, zeroblob(5000000));"
      "INSERT INTO item VALUES(3, 'small')");
  auto options = rig.options("r");
  auto whole = rig.source(options);
  must(whole->open({}));
  const auto all = read_all(*whole, {100, 1000});
  ASSERT_EQ(all.size(), 3U);

  options.scope.max_change = 4'000'000;
  auto stopping = rig.source(options);
  must(stopping->open({}));
  auto before = must(stopping->read({100, 1U << 20U}, Milliseconds(0), {}));
  EXPECT_EQ(before.changes.size(), 1U);
  const auto stopped = stopping->read({100, 1U << 20U}, Milliseconds(0), {});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().name, "source.change_too_large");
  EXPECT_EQ(stopped.error().remedy, Remedy::stop);

  options.scope.gap_for_large = true;
  auto going_on = rig.source(options);
  must(going_on->open({}));
  const auto with_gap = read_all(*going_on);
  ASSERT_EQ(with_gap.size(), 3U);
  EXPECT_EQ(with_gap[1].op, Op::gap);
  EXPECT_EQ(with_gap[1].id, all[1].id);
  EXPECT_EQ(with_gap[1].table, "item");
  EXPECT_EQ(values_of(with_gap[1].key)[0], Value(std::int64_t{2}));
  must(going_on->open(with_gap[1].position));
  EXPECT_EQ(read_all(*going_on).size(), 1U);
}

TEST_P(LogSourceTest, TablesOutOfScopeMoveThePosition) {
  rig.add_relay("other", false);
  rig.add_relay("r", false, {{"ITEM"}});
  auto source = rig.source("r");
  must(source->open({}));
  const auto before = must(source->read({10, 1U << 20U}, Milliseconds(0), {})).position;
  rig.run("INSERT INTO word VALUES('x', 1, 1), ('x', 2, 1)");
  const auto batch = must(source->read({10, 1U << 20U}, Milliseconds(10000), {}));
  EXPECT_THAT(batch.changes, IsEmpty());
  EXPECT_NE(batch.position, before);
  must(source->open(batch.position));
  rig.run("INSERT INTO item VALUES(1, 1)");
  EXPECT_EQ(read_all(*source).size(), 1U);
}

TEST(LogSourceFiles, ThatAreReplacedAreNamedAndNothingMoreIsRead) {
  for (const char* suffix : {"-wal", "-shm"}) {
    FeedRig rig;
    rig.add_relay("r", false);
    auto source = rig.source("r");
    must(source->open({}));
    rig.run("INSERT INTO item VALUES(1, 1)");
    EXPECT_EQ(read_all(*source).size(), 1U);
    std::jthread remover([&] { std::filesystem::remove(rig.path() + suffix); });
    const auto read = source->read({10, 1000}, std::chrono::hours(1), {});
    ASSERT_FALSE(read) << suffix;
    EXPECT_EQ(read.error().name, "source.files_replaced");
    const auto opened = source->open({});
    ASSERT_FALSE(opened) << suffix;
    EXPECT_EQ(opened.error().name, "source.files_replaced");
    EXPECT_EQ(opened.error().remedy, Remedy::stop);
    EXPECT_NE(opened.error().next, "");
  }
}

}  // namespace
}  // namespace headwater::sqlite

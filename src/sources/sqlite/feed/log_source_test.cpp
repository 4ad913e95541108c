#include "src/sources/sqlite/feed/log_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <thread>

#include "src/sources/sqlite/feed/feed_rig.h"

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

  options.scope.on_large = OnLarge::gap;
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

/// `init --remove` while the relay runs, for its last relay and for one of several.
TEST_P(LogSourceTest, ARelayThatIsRemovedWhileItReadsIsNotPrepared) {
  for (const bool last : {false, true}) {
    rig.add_relay("r", false);
    if (!last) rig.add_relay("other", false);
    auto source = rig.source("r");
    must(source->open({}));
    rig.run("INSERT INTO item VALUES(NULL, 1)");
    Position at;
    EXPECT_EQ(read_all(*source, {1000, 1U << 20U}, &at).size(), 1U);
    Database other = rig.connect();
    must(remove(other, "r"));
    if (last) must(remove(other, "other"));
    auto released = source->release(durable(at));
    auto read = source->read({10, 1000}, Milliseconds(0), {});
    auto opened = source->open(at);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().name, "source.not_prepared");
    EXPECT_NE(opened.error().next, "");
    EXPECT_EQ(released ? "source.not_prepared" : released.error().name, "source.not_prepared");
    EXPECT_EQ(read ? "source.not_prepared" : read.error().name, "source.not_prepared");
  }
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

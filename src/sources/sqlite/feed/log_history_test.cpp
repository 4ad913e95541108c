// How long the log keeps its rows, and what a relay finds there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "src/sources/sqlite/feed/feed_rig.h"
#include "src/sources/sqlite/feed/log_source.h"
#include "src/sqlite/commit_watch.h"

namespace headwater::sqlite {
namespace {

class LogHistoryTest : public testing::TestWithParam<const char*> {
 protected:
  FeedRig rig{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Modes, LogHistoryTest, testing::Values("wal", "delete"),
                         [](const auto& mode) { return std::string(mode.param); });

TEST_P(LogHistoryTest, TrimsOnlyBehindEveryRelay) {
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

TEST_P(LogHistoryTest, TrimmingWaitsForNobody) {
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

TEST_P(LogHistoryTest, KeepsHistoryForAWhile) {
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

TEST_P(LogHistoryTest, HistoryPassesAlsoWhereNothingIsCommittedAnyMore) {
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

TEST_P(LogHistoryTest, AStreamThatLostItsEndIsFilledAgain) {
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

}  // namespace
}  // namespace headwater::sqlite

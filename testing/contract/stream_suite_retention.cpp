// The part of the suite about retention.
#include <chrono>
#include <vector>

#include "testing/contract/stream_child.h"
#include "testing/contract/stream_suite.h"

namespace headwater::testing {
namespace {

class SetClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const override { return wall_; }
  /// The real one, so that no wait depends on set().
  [[nodiscard]] SteadyTime steady() const override { return system_.steady(); }
  void set(WallTime time) { wall_ = time; }

 private:
  SystemClock system_;
  WallTime wall_{};
};

constexpr WallTime noon{Milliseconds(1'800'014'400'000)};

/// Applies retention until nothing is left to delete for now.
void forget(StreamAdapter& stream) {
  auto writer = stream.writer("a");
  ASSERT_TRUE(writer) << writer.error().message;
  for (;;) {
    auto more = (*writer)->maintain();
    ASSERT_TRUE(more) << more.error().message;
    if (!*more) return;
  }
}

}  // namespace

TEST_P(StreamReaderSuite, RetentionKeepsTheTailAndSequences) {
  SetClock clock;
  const auto keeper = rig_->with_retention(std::chrono::hours(1), clock);
  if (!keeper) GTEST_SKIP() << "retention is not the writers' business";
  clock.set(noon);
  fill(29);
  forget(*keeper);
  clock.set(noon + std::chrono::minutes(30));
  fill(50);
  forget(*keeper);
  const Tail before = tail();
  clock.set(noon + std::chrono::hours(1));
  forget(*keeper);
  // A reader that asks for deleted events gets the first that exists.
  auto all = read_all();
  ASSERT_EQ(all.size(), 21U);
  EXPECT_EQ(all.front().event.id, "a:30");
  EXPECT_EQ(reader()->range()->first, all.front().sequence);
  EXPECT_EQ(tail(), before);
  clock.set(noon + std::chrono::hours(2));
  forget(*keeper);
  EXPECT_TRUE(read_all().empty());
  EXPECT_EQ(reader()->range()->last, before.sequence);
  EXPECT_EQ(reader()->range()->first, before.sequence + 1);
  EXPECT_EQ(tail(), before);
  fill(51);
  all = read_all();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_GT(all.front().sequence, before.sequence);
}

TEST_P(StreamReaderSuite, RetentionKeepsWhatAConsumerNeeds) {
  SetClock clock;
  const auto keeper = rig_->with_retention(std::chrono::hours(1), clock);
  if (!keeper) GTEST_SKIP() << "retention is not the writers' business";
  clock.set(noon);
  fill(50);
  forget(*keeper);
  clock.set(noon + std::chrono::hours(2));
  const auto all = read_all();
  ASSERT_TRUE(reader()->acknowledge("slow", 0));
  ASSERT_TRUE(reader()->acknowledge("fast", all[29].sequence));
  forget(*keeper);
  EXPECT_EQ(read_all().size(), 50U);
  ASSERT_TRUE(reader()->acknowledge("slow", all[9].sequence));
  forget(*keeper);
  ASSERT_EQ(read_all().size(), 40U);
  EXPECT_EQ(read_all().front().event.id, "a:11");
}

TEST_P(StreamReaderSuite, WhatRetentionHasRemovedIsNoHistory) {
  SetClock clock;
  const auto keeper = rig_->with_retention(std::chrono::hours(1), clock);
  if (!keeper) GTEST_SKIP() << "retention is not the writers' business";
  clock.set(noon);
  fill(29);
  forget(*keeper);
  clock.set(noon + std::chrono::minutes(30));
  fill(50);
  forget(*keeper);
  const auto writer = *keeper->writer("a");
  const auto all = writer->room();
  clock.set(noon + std::chrono::hours(1));
  forget(*keeper);
  clock.set(noon + std::chrono::minutes(30));
  const auto some = writer->room();
  ASSERT_TRUE(all && some);
  // The sample events are a millisecond apart.
  EXPECT_EQ(*all->history - *some->history, Milliseconds(29));
  clock.set(noon + std::chrono::hours(2));
  forget(*keeper);
  EXPECT_EQ(writer->room()->history, std::nullopt);
}

/// An event's own time comes from the application or the database, whose clock may be wrong.
TEST_P(StreamReaderSuite, AgeCountsFromTheAppend) {
  SetClock clock;
  const auto keeper = rig_->with_retention(std::chrono::hours(1), clock);
  if (!keeper) GTEST_SKIP() << "retention is not the writers' business";
  clock.set(noon);
  std::vector<Event> events = sample_batch("a", 1, 4);
  events[0].time = WallTime(Milliseconds(4'070'908'800'000));
  events[1].time = WallTime(Milliseconds(-86'400'000));
  auto appended = writer()->append({}, events, count_position(4), sample_source);
  ASSERT_TRUE(appended) << appended.error().message;
  forget(*keeper);
  EXPECT_EQ(read_all().size(), 4U) << "all were appended just now";
  clock.set(noon + std::chrono::hours(1));
  forget(*keeper);
  EXPECT_TRUE(read_all().empty());
}

TEST_P(StreamReaderSuite, SettingTheClockBackNeitherKeepsNorDeletesEvents) {
  SetClock clock;
  const auto keeper = rig_->with_retention(std::chrono::hours(1), clock);
  if (!keeper) GTEST_SKIP() << "retention is not the writers' business";
  clock.set(noon + std::chrono::hours(24 * 365 * 70));
  fill(5);
  forget(*keeper);
  clock.set(noon);
  forget(*keeper);
  EXPECT_EQ(read_all().size(), 5U);
  clock.set(noon + std::chrono::hours(1));
  forget(*keeper);
  EXPECT_TRUE(read_all().empty());
}

}  // namespace headwater::testing

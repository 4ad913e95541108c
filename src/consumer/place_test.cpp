// Where a consumer begins, how far it has got, and what has aged out before it came.
#include <gmock/gmock.h>

#include "src/consumer/consumer.h"
#include "src/consumer/testing.h"
#include "testing/rig/sqlite_files.h"

namespace headwater::consumer {
namespace {

using ::testing::HasSubstr;

TEST_F(ConsumerTest, BeginsWhereItIsTold) {
  publish(100);
  const auto begin = [&](const std::string& name, Beginning first) {
    Options there = options();
    there.name = name;
    there.first = first;
    Record record;
    EXPECT_TRUE(consume(there, record));
    return record.handled();
  };
  using At = Beginning::At;
  EXPECT_EQ(begin("a", {.at = At::latest}), numbers(1, 0));
  EXPECT_EQ(begin("b", {.at = At::sequence, .sequence = 98}), numbers(98, 100));
  const auto at = [](std::int64_t milliseconds) { return WallTime(Milliseconds(milliseconds)); };
  EXPECT_EQ(begin("c", {.at = At::time, .time = at(95'000'000)}), numbers(95, 100));
  EXPECT_EQ(begin("d", {.at = At::time, .time = at(94'999'999)}), numbers(95, 100));
  EXPECT_EQ(begin("e", {.at = At::time, .time = at(95'000'001)}), numbers(96, 100));
  EXPECT_EQ(begin("f", {.at = At::time, .time = at(0)}), numbers(1, 100));
  EXPECT_EQ(begin("g", {.at = At::time, .time = at(900'000'000)}), numbers(1, 0));
}

TEST_F(ConsumerTest, TheLatestOfAnEmptyStreamIsItsBeginning) {
  Options at_latest = options();
  at_latest.first = {.at = Beginning::At::latest};
  {
    Consumer dies(*stream_, nullptr, at_latest, clock_);
    ASSERT_TRUE(dies.open());
  }
  publish(5);
  Record record;
  ASSERT_TRUE(consume(at_latest, record));
  EXPECT_EQ(record.handled(), numbers(1, 5));
}

TEST_F(ConsumerTest, EventsThatAgedOutStopItUnlessItMaySkipThem) {
  publish(10);
  Record record;
  ASSERT_TRUE(consume(options(), record));
  publish(90);
  rig::execute(folder_ / "events.db", "DELETE FROM events WHERE sequence <= 50");
  auto stopped = consume(options(), record);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().name, "stream.aged_out");
  EXPECT_THAT(stopped.error().message, HasSubstr("from 11 on"));
  EXPECT_THAT(stopped.error().message, HasSubstr("begins at 51"));
  EXPECT_EQ(place(), 10U);

  Options skipping = options();
  skipping.skip_aged_out = true;
  Record rest;
  ASSERT_TRUE(consume(skipping, rest));
  EXPECT_EQ(rest.handled(), numbers(51, 100));
  EXPECT_EQ(place(), 100U);
}

/// A stream from which everything was removed, as brokers do that wait for nobody.
class RemovedStream final : public StreamReader {
 public:
  Result<StreamRange> range() override { return StreamRange{.first = 101, .last = 100}; }
  Result<std::vector<StoredEvent>> read(std::uint64_t, const ReadLimits&, Milliseconds,
                                        std::stop_token) override {
    return std::vector<StoredEvent>();
  }
  Result<std::optional<std::uint64_t>> acknowledged(const std::string&) override {
    return std::nullopt;
  }
  Result<void> acknowledge(const std::string&, std::uint64_t) override { return {}; }
  Result<void> forget(const std::string&) override { return {}; }
};

TEST(FollowerTest, EventsThatAgedOutUpToTheEndAreMissed) {
  RemovedStream stream;
  Follower behind(stream, 11);
  auto passed = behind.pass_the_end({});
  ASSERT_FALSE(passed);
  EXPECT_EQ(passed.error().name, "stream.aged_out");
  EXPECT_EQ(behind.next(), 101U);
  EXPECT_TRUE(behind.pass_the_end({}));
  Follower at_the_end(stream, 101);
  EXPECT_TRUE(at_the_end.pass_the_end({}));
}

TEST_F(ConsumerTest, NumbersWithoutAnEventAreNotMistakenForLostOnes) {
  publish(100);
  rig::execute(folder_ / "events.db", "DELETE FROM events WHERE sequence BETWEEN 30 AND 50");
  Record record;
  ASSERT_TRUE(consume(options(), record));
  EXPECT_EQ(record.handled().size(), 79U);
}

TEST_F(ConsumerTest, APlaceBeyondTheEndOrInAnotherStreamIsAnError) {
  publish(100);
  Record record;
  ASSERT_TRUE(consume(options(), record));
  rig::execute(folder_ / "events.db", "UPDATE consumers SET acknowledged = 200");
  auto refused = consume(options(), record);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().name, "stream.beyond_end");
  EXPECT_THAT(refused.error().next, HasSubstr("--consumer mail"));
}

TEST_F(ConsumerTest, ProgressAndLag) {
  publish(30);
  Consumer consumer(*stream_, nullptr, options(), clock_);
  ASSERT_TRUE(consumer.open());
  auto lag = consumer.lag();
  ASSERT_TRUE(lag);
  EXPECT_EQ(lag->events, 30U);
  // The first event was committed in January 1970.
  EXPECT_GT(lag->time, std::chrono::hours(24 * 365 * 50));
  Record record;
  ASSERT_TRUE(consumer.run([&](unsigned) { return std::make_unique<Recorder>(record); }, {}, true));
  EXPECT_EQ(consumer.progress().handled, 30U);
  lag = consumer.lag();
  ASSERT_TRUE(lag);
  EXPECT_EQ(lag->events, 0U);
  EXPECT_EQ(lag->time.count(), 0);
}

/// Counts its readers.
class CountedReaders final : public PassedStream {
 public:
  using PassedStream::PassedStream;
  Result<std::unique_ptr<StreamReader>> reader() override {
    ++opened_;
    return PassedStream::reader();
  }
  [[nodiscard]] int opened() const { return opened_; }

 private:
  int opened_ = 0;
};

TEST_F(ConsumerTest, TheLagIsReadWithOneReaderUntilItFails) {
  publish(3);
  CountedReaders stream(*stream_);
  Consumer consumer(stream, nullptr, options(), clock_);
  ASSERT_TRUE(consumer.open());
  const int before = stream.opened();
  EXPECT_TRUE(consumer.lag());
  EXPECT_TRUE(consumer.lag());
  EXPECT_EQ(stream.opened(), before + 1);
  rig::execute(folder_ / "events.db", "ALTER TABLE events RENAME TO away");
  EXPECT_FALSE(consumer.lag());
  rig::execute(folder_ / "events.db", "ALTER TABLE away RENAME TO events");
  EXPECT_TRUE(consumer.lag());
  EXPECT_EQ(stream.opened(), before + 2);
}

}  // namespace
}  // namespace headwater::consumer

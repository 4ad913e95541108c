// Readers of topics that are quiet for long, grow, or have many partitions.
#include <atomic>
#include <future>
#include <set>

#include "src/streams/kafka/topic_fixture.h"
#include "testing/rig/waiting.h"

namespace headwater::kafka {
namespace {

using rig::OpenTransaction;
using rig::wait_until;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

constexpr ReadLimits many{.count = 100, .bytes = 1U << 20U};

/// The machine's, and whatever it has leapt ahead.
class LeapingClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const override { return machine_.wall(); }
  [[nodiscard]] SteadyTime steady() const override {
    ++asked_;
    if (steps_ > 0 && steps_-- > 0) leapt_ms_ += step_ms;
    return machine_.steady() + Milliseconds(leapt_ms_);
  }
  void leap(Milliseconds by) { leapt_ms_ += static_cast<int>(by.count()); }
  /// So much in all, a step with each question.
  void leap_in_steps(Milliseconds by) { steps_ = static_cast<int>(by.count()) / step_ms; }
  [[nodiscard]] int asked() const { return asked_; }

 private:
  static constexpr int step_ms = 250;
  SystemClock machine_;
  mutable std::atomic<int> leapt_ms_{0};
  mutable std::atomic<int> steps_{0};
  mutable std::atomic<int> asked_{0};
};

class KafkaFollowing : public KafkaTopic {
 protected:
  LeapingClock leaping_;
};

/// How long an event may take to come counts from when it is known to come.
TEST_F(KafkaFollowing, AnEventMayComeAfterALongQuiet) {
  const auto relay = writer(options());
  const auto following = reader(options(), leaping_);
  const Tail tail = grow(*relay, {}, 1);
  ASSERT_EQ((*following->read(1, many, 10s, {})).size(), 1U);

  const int before = leaping_.asked();
  auto read = std::async(std::launch::async, [&] { return following->read(2, many, 600s, {}); });
  ASSERT_TRUE(wait_until([&] { return leaping_.asked() >= before + 2; }));
  leaping_.leap(15s);
  // The position is seen before the event.
  OpenTransaction other(broker_->direct(), topic_ + ".other");
  other.write(topic_, 0, "other");
  const int quiet = leaping_.asked();
  grow(*relay, tail, 1);
  ASSERT_TRUE(wait_until([&] { return leaping_.asked() > quiet; }));
  other.abort();
  auto events = read.get();
  ASSERT_TRUE(events) << events.error().message;
  ASSERT_EQ(events->size(), 1U);
  EXPECT_EQ(events->front().sequence, 2U);
}

TEST_F(KafkaFollowing, PartitionsThatAreAddedAreReadToo) {
  Tail tail = grow(*writer(options()), {}, 10);
  const auto following = reader(options(), clock_);
  ASSERT_EQ((*following->read(1, many, 10s, {})).size(), 10U);
  shell_.add_partitions(topic_, 5);
  tail = grow(*writer(options()), tail, 40);
  std::set<std::int32_t> partitions;
  for (const auto& record : shell_.events(topic_)) partitions.insert(record.partition);
  ASSERT_GT(partitions.size(), 1U);
  std::vector<std::uint64_t> seen = up_to(10);
  while (seen.back() < 50) {
    auto events = following->read(seen.back() + 1, many, 10s, {});
    ASSERT_TRUE(events) << events.error().message;
    ASSERT_FALSE(events->empty());
    for (const auto& stored : *events) seen.push_back(stored.sequence);
  }
  EXPECT_EQ(seen, up_to(50));
}

/// The broker removes records at the beginning, which then is another record's.
TEST_F(KafkaFollowing, TheHistoryBeginsWithWhatIsLeft) {
  const auto relay = writer(options());
  const Tail tail = grow(*relay, {}, 3);
  auto room = relay->room();
  ASSERT_TRUE(room) << room.error().message;
  EXPECT_TRUE(room->history);
  EXPECT_EQ(room->bytes, std::nullopt);
  shell_.delete_records(topic_, 0);
  EXPECT_EQ(relay->room(), StreamRoom{});
  grow(*relay, tail, 1);
  room = relay->room();
  ASSERT_TRUE(room) << room.error().message;
  EXPECT_TRUE(room->history);
}

/// Each of many partitions may take its time.
TEST_F(KafkaFollowing, EachOfManyPartitionsHasItsTime) {
  Options with = options();
  with.partitions = 40;
  grow(*writer(with), {}, 10);
  const auto following = reader(with, leaping_);
  leaping_.leap_in_steps(15s);
  std::vector<std::uint64_t> seen{0};
  while (seen.back() < 10) {
    auto events = following->read(seen.back() + 1, many, 0ms, {});
    ASSERT_TRUE(events) << events.error().message;
    ASSERT_FALSE(events->empty());
    for (const auto& stored : *events) seen.push_back(stored.sequence);
  }
}

/// Acknowledgements are in no transaction, and not held up by any.
TEST_F(KafkaFollowing, AnAcknowledgementIsSeenBehindAnOpenTransaction) {
  grow(*writer(options()), {}, 10);
  OpenTransaction other(broker_->direct(), topic_ + ".other");
  other.write(positions(), 0, "other");
  auto acknowledged = reader(options(), clock_)->acknowledge("c", 5);
  ASSERT_TRUE(acknowledged) << acknowledged.error().message;
  const auto restarted = reader(options(), clock_);
  auto found = restarted->acknowledged("c");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found, 5U);
  ASSERT_TRUE(restarted->acknowledge("c", 3));
  other.abort();
  EXPECT_EQ(*reader(options(), clock_)->acknowledged("c"), 5U);
}

}  // namespace
}  // namespace headwater::kafka

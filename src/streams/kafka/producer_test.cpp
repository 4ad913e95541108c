#include "src/streams/kafka/producer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace headwater::kafka {
namespace {

using std::chrono::steady_clock;

/// A broker inside the library, which answers at once: whatever time passes is the library's own.
Options with_a_quick_broker() {
  return {.brokers = "nowhere:1", .properties = {{"test.mock.num.brokers", "1"}}};
}

TEST(KafkaProducer, ACommitEndsAsSoonAsTheBrokerHasAnswered) {
  // Without a report of a delivery the library looks every 10 ms.
  constexpr auto between_looks = std::chrono::milliseconds(10);
  constexpr int appends = 50;
  const SystemClock clock;
  const Deadline deadline(clock, std::chrono::seconds(60));
  auto producer = Producer::take_over(with_a_quick_broker(), deadline);
  ASSERT_TRUE(producer) << producer.error().message;
  (*producer)->begin_at({0});
  const std::vector<Event> events{
      {.id = "1", .source = "test", .partition_key = "k", .data = "{}"}};
  auto quickest = steady_clock::duration::max();
  for (std::uint64_t last = 1; last <= appends; ++last) {
    const auto start = steady_clock::now();
    auto done = (*producer)->append(events, {.last = last, .relay = "r", .life = "l"}, deadline);
    ASSERT_TRUE(done) << done.error().message;
    quickest = std::min(quickest, steady_clock::now() - start);
  }
  EXPECT_LT(quickest, between_looks);
}

}  // namespace
}  // namespace headwater::kafka

#include "src/streams/kafka/producer.h"

#include <gtest/gtest.h>
#include <rdkafka_mock.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
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

/// Brokers inside the library that a test can tell what to answer.
class MockBrokers {
 public:
  MockBrokers()
      : handle_(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), nullptr, 0)),
        cluster_(rd_kafka_mock_cluster_new(handle_.get(), 1)) {}

  [[nodiscard]] Options options() const {
    return {.brokers = rd_kafka_mock_cluster_bootstraps(cluster_.get())};
  }
  void answer_once(std::int16_t request, rd_kafka_resp_err_t error) {
    rd_kafka_mock_push_request_errors(cluster_.get(), request, 1, error);
  }

 private:
  std::unique_ptr<rd_kafka_t, Destroy<&rd_kafka_destroy>> handle_;
  std::unique_ptr<rd_kafka_mock_cluster_t, Destroy<&rd_kafka_mock_cluster_destroy>> cluster_;
};

std::vector<Event> kilobytes(std::size_t count) {
  std::vector<Event> events(count);
  for (std::size_t at = 0; at < count; ++at) {
    events[at].id = std::to_string(at);
    events[at].partition_key = "k";
    events[at].data = "{\"x\":\"" + std::string(1'000, 'x') + "\"}";
  }
  return events;
}

Result<void> append(const Options& options, const std::vector<Event>& events) {
  const SystemClock clock;
  const Deadline deadline(clock, std::chrono::seconds(60));
  auto producer = Producer::take_over(options, deadline);
  if (!producer) return failed(producer);
  (*producer)->begin_at({0});
  return (*producer)->append(events, {.last = events.size(), .relay = "r", .life = "l"}, deadline);
}

/// In the last batch, and in one with others behind it.
TEST(KafkaProducer, ARefusalIsNamedHoweverLargeTheAppend) {
  constexpr std::int16_t add_partitions_to_transaction = 24;
  constexpr std::int16_t produce_request = 0;
  constexpr std::array refusals{
      std::pair{add_partitions_to_transaction, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED},
      std::pair{produce_request, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED}};
  for (const auto& [request, error] : refusals) {
    for (const std::size_t count : {1U, 5'000U}) {
      MockBrokers brokers;
      brokers.answer_once(request, error);
      auto appended = append(brokers.options(), kilobytes(count));
      ASSERT_FALSE(appended);
      EXPECT_EQ(appended.error().name, "stream.unauthorized") << appended.error().message;
      EXPECT_EQ(appended.error().remedy, Remedy::stop);
    }
  }
}

TEST(KafkaProducer, AnAppendMayBeLargerThanTheQueue) {
  const MockBrokers brokers;
  Options options = brokers.options();
  options.properties = {{"queue.buffering.max.messages", "100"}};
  auto appended = append(options, kilobytes(3'000));
  EXPECT_TRUE(appended) << appended.error().message;
}

}  // namespace
}  // namespace headwater::kafka

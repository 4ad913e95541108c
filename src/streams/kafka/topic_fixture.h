// What the tests with topics of their own share.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "src/streams/kafka/kafka.h"
#include "testing/contract/stream_child.h"
#include "testing/kafka/broker.h"
#include "testing/kafka/open_transaction.h"
#include "testing/kafka/shell.h"

namespace headwater::kafka {

/// Relay "a" and its topics.
class KafkaTopic : public ::testing::Test {
 protected:
  [[nodiscard]] Options options() const { return {.brokers = broker_->direct(), .topic = topic_}; }
  [[nodiscard]] std::string positions() const { return options().positions_topic(); }

  /// Prepared for, and new.
  [[nodiscard]] std::unique_ptr<StreamWriter> writer(const Options& with) const {
    const auto stream = make_stream(with, clock_);
    auto prepared = stream->prepare("a");
    EXPECT_TRUE(prepared) << prepared.error().message;
    auto writer = stream->writer("a");
    EXPECT_TRUE(writer) << writer.error().message;
    return *std::move(writer);
  }
  [[nodiscard]] std::unique_ptr<StreamReader> reader(const Options& with,
                                                     const Clock& clock) const {
    auto reader = make_stream(with, clock)->reader();
    EXPECT_TRUE(reader) << reader.error().message;
    return *std::move(reader);
  }
  /// The next `count` sample events.
  static Result<Durable> append(StreamWriter& writer, const Tail& tail, std::uint64_t count) {
    const auto before = testing::counted(tail.position);
    return writer.append(tail, testing::sample_batch("a", before + 1, count),
                         testing::count_position(before + count), testing::sample_source);
  }
  /// The same, which has to succeed.
  static Tail grow(StreamWriter& writer, const Tail& tail, std::uint64_t count) {
    auto appended = append(writer, tail, count);
    EXPECT_TRUE(appended) << appended.error().message;
    return appended ? appended->tail() : Tail{};
  }
  static void expect_stop(const Result<Durable>& result, const std::string& name) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().name, name) << result.error().message;
    EXPECT_EQ(result.error().remedy, Remedy::stop);
    EXPECT_NE(result.error().next, "");
  }
  static void expect_retry(const Result<Durable>& result) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().remedy, Remedy::retry) << result.error().message;
  }
  /// As the header ce_sequence has them, sorted.
  [[nodiscard]] std::vector<std::uint64_t> sequences() {
    std::vector<std::uint64_t> all;
    for (const auto& record : shell_.events(topic_)) {
      all.push_back(std::stoull(record.header("ce_sequence")));
    }
    return all;
  }
  [[nodiscard]] static std::vector<std::uint64_t> up_to(std::uint64_t last) {
    std::vector<std::uint64_t> all;
    for (std::uint64_t number = 1; number <= last; ++number) all.push_back(number);
    return all;
  }

  SystemClock clock_;
  rig::KafkaBroker* broker_ = &rig::shared_broker();
  std::string topic_ = rig::fresh_topic();
  rig::KafkaShell shell_{broker_->direct()};
};

}  // namespace headwater::kafka

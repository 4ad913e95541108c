// Settings of topics that break the promise, and what the options do.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "src/streams/kafka/kafka.h"
#include "testing/contract/stream_child.h"
#include "testing/kafka/broker.h"
#include "testing/kafka/shell.h"

namespace headwater::kafka {
namespace {

using testing::count_position;
using testing::sample_batch;
using testing::sample_event;
using testing::sample_source;

class KafkaSettings : public ::testing::Test {
 protected:
  [[nodiscard]] Options options() const { return {.brokers = broker_->direct(), .topic = topic_}; }
  void expect_refused(const Options& with, const std::string& name) {
    auto prepared = make_stream(with, clock_)->prepare("a");
    ASSERT_FALSE(prepared);
    EXPECT_EQ(prepared.error().name, name) << prepared.error().message;
    EXPECT_EQ(prepared.error().remedy, Remedy::stop);
    EXPECT_NE(prepared.error().next, "");
  }
  Result<Durable> append(const Options& with, const std::vector<Event>& events) {
    const auto stream = make_stream(with, clock_);
    if (auto prepared = stream->prepare("a"); !prepared) return fail(prepared.error());
    return (*stream->writer("a"))->append({}, events, count_position(1), sample_source);
  }
  std::vector<StoredEvent> read(const Options& with) {
    auto reader = make_stream(with, clock_)->reader();
    EXPECT_TRUE(reader) << reader.error().message;
    auto events = (*reader)->read(1, {.count = 100, .bytes = 1U << 20U}, {}, {});
    EXPECT_TRUE(events) << events.error().message;
    return *events;
  }

  SystemClock clock_;
  rig::KafkaBroker* broker_ = &rig::shared_broker();
  std::string topic_ = rig::fresh_topic();
  rig::KafkaShell shell_{broker_->direct()};
};

TEST_F(KafkaSettings, WhatIsToldNotToBeMadeIsNot) {
  Options with = options();
  with.create = false;
  expect_refused(with, "stream.not_prepared");
  EXPECT_EQ(shell_.partitions(topic_), 0);
}

TEST_F(KafkaSettings, PositionsThatAreDeletedWithTimeAreRefused) {
  shell_.create_topic(topic_, 1);
  shell_.create_topic(topic_ + ".positions", 1);
  expect_refused(options(), "stream.bad_setting");
}

TEST_F(KafkaSettings, PositionsInTwoPartitionsAreRefused) {
  shell_.create_topic(topic_ + ".positions", 2, {{"cleanup.policy", "compact"}});
  expect_refused(options(), "stream.bad_setting");
}

TEST_F(KafkaSettings, ACompactedTopicIsRefusedWithoutTombstones) {
  shell_.create_topic(topic_, 1, {{"cleanup.policy", "compact"}});
  expect_refused(options(), "stream.bad_setting");
  Options with = options();
  with.tombstones = true;
  EXPECT_TRUE(make_stream(with, clock_)->prepare("a"));
}

TEST_F(KafkaSettings, AnUncleanLeaderIsRefused) {
  shell_.create_topic(topic_, 1, {{"unclean.leader.election.enable", "true"}});
  expect_refused(options(), "stream.bad_setting");
}

TEST_F(KafkaSettings, ATopicOfAnotherRelayIsRefused) {
  ASSERT_TRUE(append(options(), sample_batch("a", 1, 1)));
  auto other = make_stream(options(), clock_)->writer("b");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().name, "stream.other_relay");
  EXPECT_EQ(other.error().remedy, Remedy::stop);
  // Once the first has been removed it is the second's, and the numbers go on.
  ASSERT_TRUE(make_stream(options(), clock_)->remove("a"));
  auto writer = make_stream(options(), clock_)->writer("b");
  ASSERT_TRUE(writer) << writer.error().message;
  auto appended = (*writer)->append({}, sample_batch("b", 1, 1), count_position(1), sample_source);
  ASSERT_TRUE(appended) << appended.error().message;
  EXPECT_EQ(appended->tail().sequence, 2U);
}

TEST_F(KafkaSettings, EventsWithoutAPositionAreNotBegunAnew) {
  ASSERT_TRUE(append(options(), sample_batch("a", 1, 1)));
  Options with = options();
  with.positions = topic_ + ".elsewhere";
  expect_refused(with, "stream.position_lost");
}

TEST_F(KafkaSettings, AnEventTooLargeIsNamed) {
  // In the last batch, and in one with others behind it.
  for (const std::uint64_t count : {2U, 400U}) {
    std::vector<Event> events = sample_batch("a", 1, count);
    events[1].data = std::string(100'000, 'x');
    for (const bool client_refuses : {true, false}) {
      topic_ = rig::fresh_topic();
      Options with = options();
      if (client_refuses) with.max_event = 50'000;
      if (!client_refuses) shell_.create_topic(topic_, 1, {{"max.message.bytes", "50000"}});
      auto appended = append(with, events);
      ASSERT_FALSE(appended);
      const Error& error = appended.error();
      EXPECT_EQ(error.name, "stream.event_too_large") << error.message;
      EXPECT_EQ(error.remedy, Remedy::stop);
      EXPECT_NE(error.next, "");
      EXPECT_NE(error.message.find("a:2"), std::string::npos) << error.message;
      EXPECT_TRUE(read(options()).empty());
    }
  }
}

/// The broker's limit is for a batch, and each of these events is smaller.
TEST_F(KafkaSettings, ManySmallEventsFit) {
  shell_.create_topic(topic_, 1, {{"max.message.bytes", "5000"}});
  auto appended = append(options(), sample_batch("a", 1, 400));
  ASSERT_TRUE(appended) << appended.error().message;
  EXPECT_EQ(shell_.events(topic_).size(), 400U);
}

TEST_F(KafkaSettings, StructuredEventsComeBackByteForByte) {
  Options with = options();
  with.mode = Mode::structured;
  std::vector<Event> events(2, sample_event("a", 1));
  const std::string odd("\0 \x01\x7f\xc3\xa9\xe6\xb0\xb4 '\"\\\n\r\0", 16);
  events[1].id = events[1].subject = events[1].partition_key = odd;
  events[1].type = EventType::parse(odd);
  auto appended = append(with, events);
  ASSERT_TRUE(appended) << appended.error().message;
  const auto stored = read(with);
  ASSERT_EQ(stored.size(), 2U);
  EXPECT_TRUE(stored[0].event == events[0]);
  EXPECT_TRUE(stored[1].event == events[1]);
  EXPECT_EQ(shell_.events(topic_)[0].header("content-type"),
            "application/cloudevents+json; charset=UTF-8");
}

TEST_F(KafkaSettings, CompressedEventsComeBackByteForByte) {
  const auto events = sample_batch("a", 400, 50);
  for (const std::string codec : {"gzip", "snappy", "lz4", "zstd"}) {
    SCOPED_TRACE(codec);
    Options with = options();
    with.topic += "-" + codec;
    with.properties = {{"compression.type", codec}};
    auto appended = append(with, events);
    ASSERT_TRUE(appended) << appended.error().message;
    const auto stored = read(with);
    EXPECT_TRUE(std::ranges::equal(stored, events, {}, &StoredEvent::event));
  }
}

TEST_F(KafkaSettings, ADeleteIsFollowedByATombstone) {
  Options with = options();
  with.tombstones = true;
  std::vector<Event> events = sample_batch("a", 1, 3);
  events[1].type = EventType("shop", "orders", "delete");
  auto appended = append(with, events);
  ASSERT_TRUE(appended) << appended.error().message;
  const auto records = shell_.records(topic_);
  ASSERT_EQ(records.size(), 4U);
  EXPECT_EQ(records[1].value, events[1].data);
  EXPECT_EQ(records[2].key, events[1].partition_key);
  EXPECT_FALSE(records[2].value);
  const auto stored = read(with);
  ASSERT_EQ(stored.size(), 3U);
  for (std::size_t n = 0; n < 3; ++n) EXPECT_TRUE(stored[n].event == events[n]);
}

/// The library waits for such a topic as for a broker that is away. A relay that did so, too, would
/// try for ever.
TEST_F(KafkaSettings, ATopicThatIsDeletedUnderARelayStopsIt) {
  for (const bool positions : {false, true}) {
    Options with = options();
    with.topic += positions ? ".one" : ".two";
    const auto stream = make_stream(with, clock_);
    ASSERT_TRUE(stream->prepare("a"));
    auto writer = stream->writer("a");
    ASSERT_TRUE(writer) << writer.error().message;
    auto appended =
        (*writer)->append({}, sample_batch("a", 1, 1), count_position(1), sample_source);
    ASSERT_TRUE(appended) << appended.error().message;
    shell_.delete_topic(positions ? with.positions_topic() : with.topic);

    const Tail tail = appended->tail();
    Result<Durable> result = *std::move(appended);
    const auto once_more = [&] {
      result = (*writer)->append(tail, sample_batch("a", 2, 1), count_position(2), sample_source);
      EXPECT_FALSE(result);
      if (!result && result.error().remedy == Remedy::retry) result = (*writer)->tail();
      return !result && result.error().remedy == Remedy::stop;
    };
    EXPECT_TRUE(once_more() || once_more() || once_more());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().name, "stream.not_prepared") << result.error().message;
    EXPECT_NE(result.error().next, "");
  }
}

/// What compaction or retention took away does not keep a reader waiting.
TEST_F(KafkaSettings, AReaderPassesWhatIsGone) {
  Options with = options();
  with.partitions = 3;
  ASSERT_TRUE(append(with, sample_batch("a", 1, 30)));
  std::vector<std::uint64_t> left;
  for (const auto& record : shell_.events(topic_)) {
    if (record.partition != 1) left.push_back(std::stoull(record.header("ce_sequence")));
  }
  shell_.delete_records(topic_, 1);
  std::vector<std::uint64_t> sequences;
  auto reader = make_stream(with, clock_)->reader();
  ASSERT_TRUE(reader) << reader.error().message;
  for (std::uint64_t next = 1; sequences.size() < left.size();) {
    auto events = (*reader)->read(next, {.count = 100, .bytes = 1U << 20U}, {}, {});
    ASSERT_TRUE(events) << events.error().message;
    ASSERT_FALSE(events->empty());
    for (const auto& stored : *events) sequences.push_back(stored.sequence);
    next = sequences.back() + 1;
  }
  EXPECT_EQ(sequences, left);
  EXPECT_LT(left.size(), 30U);
}

}  // namespace
}  // namespace headwater::kafka

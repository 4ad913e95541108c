// What others do to the topics: transactions of theirs, and ends that are lost.
#include <thread>

#include "src/streams/kafka/topic_fixture.h"
#include "testing/rig/waiting.h"

namespace headwater::kafka {
namespace {

using rig::OpenTransaction;
using rig::wait_until;

class KafkaStrangers : public KafkaTopic {};

/// Its tail cannot be seen behind that transaction. To take the last that can for the truth would
/// repeat what came after it.
TEST_F(KafkaStrangers, NothingIsRepeatedWhileAnotherTransactionIsOpen) {
  const auto relay = writer(options());
  const Tail before = grow(*relay, {}, 1);
  OpenTransaction other(broker_->direct(), topic_ + ".other");
  other.write(positions(), 0, "other");
  for (int times = 0; times < 3; ++times) {
    expect_retry(append(*relay, before, 1));
    auto tail = relay->tail();
    ASSERT_TRUE(tail) << tail.error().message;
    EXPECT_TRUE(tail->tail() == before);
  }
  other.abort();
  EXPECT_EQ(sequences(), up_to(2));
  Result<Durable> tail = relay->tail();
  ASSERT_TRUE(tail) << tail.error().message;
  EXPECT_EQ(tail->tail().sequence, 2U);
  EXPECT_EQ(grow(*relay, tail->tail(), 1).sequence, 3U);
  EXPECT_EQ(sequences(), up_to(3));
}

TEST_F(KafkaStrangers, AFirstAppendWaitsForAnotherTransaction) {
  const auto relay = writer(options());
  OpenTransaction other(broker_->direct(), topic_ + ".other");
  other.write(positions(), 0, "other");
  auto refused = append(*relay, {}, 1);
  expect_retry(refused);
  EXPECT_NE(refused.error().next, "");
  other.abort();
  EXPECT_EQ(sequences(), up_to(0));
  EXPECT_EQ(grow(*relay, {}, 1).sequence, 1U);
  EXPECT_EQ(sequences(), up_to(1));
}

/// The readers of one partition may be ahead of those of another.
TEST_F(KafkaStrangers, APositionThatIsStillUndecidedIsNotLost) {
  auto stream = make_stream(options(), clock_);
  ASSERT_TRUE(stream->prepare("a"));
  OpenTransaction events(broker_->direct(), topic_ + ".events");
  events.write(topic_, 0, "1", {{"ce_sequence", "1"}});
  OpenTransaction position(broker_->direct(), topic_ + ".position");
  position.write(positions(), 0, "other");
  events.commit();
  auto standby = stream->writer("a");
  ASSERT_TRUE(standby) << standby.error().message;
  expect_retry((*standby)->tail());
  position.abort();
  expect_stop((*standby)->tail(), "stream.position_lost");
}

/// The commit had no answer, and cannot be seen yet.
TEST_F(KafkaStrangers, ACommitWithoutAnAnswerIsWaitedFor) {
  Options with = options();
  with.brokers = broker_->through_proxy();
  const auto relay = writer(with);
  Tail before = grow(*relay, {}, 1);
  OpenTransaction other(broker_->direct(), topic_ + ".other");
  other.write(positions(), 0, "other");
  broker_->proxy().add_delay(Milliseconds(700));
  const std::jthread losing([&] {
    const bool committed = wait_until([&] {
      const auto last = shell_.last(topic_);
      return last && last->header("ce_sequence") == "2";
    });
    broker_->proxy().lose_replies();
    EXPECT_TRUE(committed);
  });
  expect_retry(append(*relay, before, 1));
  broker_->reset();
  expect_retry(relay->tail());
  other.abort();
  Result<Durable> tail = relay->tail();
  ASSERT_TRUE(tail) << tail.error().message;
  EXPECT_EQ(tail->tail().sequence, 2U);
  EXPECT_EQ(sequences(), up_to(2));
}

TEST_F(KafkaStrangers, WhatCameToNothingIsNoLoss) {
  const Tail tail = grow(*writer(options()), {}, 3);
  OpenTransaction other(broker_->direct(), topic_ + ".other");
  for (int number = 4; number < 60; ++number) {
    other.write(topic_, 0, "4", {{"ce_sequence", std::to_string(number)}});
  }
  other.abort();
  EXPECT_EQ(grow(*writer(options()), tail, 1).sequence, 4U);
}

TEST_F(KafkaStrangers, RetentionIsNoLoss) {
  Options with = options();
  with.partitions = 3;
  Tail tail = grow(*writer(with), {}, 30);
  shell_.delete_records(topic_, shell_.events(topic_).back().partition);
  tail = grow(*writer(with), tail, 1);
  for (int number = 0; number < with.partitions; ++number) shell_.delete_records(topic_, number);
  tail = grow(*writer(with), tail, 1);
  EXPECT_EQ(tail.sequence, 32U);
}

/// Nor is it a beginning.
TEST_F(KafkaStrangers, EventsThatRetentionTookStillNeedAPosition) {
  Tail tail = grow(*writer(options()), {}, 3);
  shell_.delete_records(topic_, 0);
  Options with = options();
  with.positions = topic_ + ".elsewhere";
  auto prepared = make_stream(with, clock_)->prepare("a");
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().name, "stream.position_lost") << prepared.error().message;
}

TEST_F(KafkaStrangers, ATombstoneIsAnEndAsWell) {
  Options with = options();
  with.tombstones = true;
  std::vector<Event> events = testing::sample_batch("a", 1, 3);
  events[2].type = EventType("shop", "orders", "delete");
  auto appended =
      writer(with)->append({}, events, testing::count_position(3), testing::sample_source);
  ASSERT_TRUE(appended) << appended.error().message;
  EXPECT_EQ(grow(*writer(with), appended->tail(), 1).sequence, 4U);
}

}  // namespace
}  // namespace headwater::kafka

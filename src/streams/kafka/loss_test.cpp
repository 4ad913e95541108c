// One of the two topics loses its end, or is created again, and the other is not.
#include <sstream>
#include <string>

#include "src/streams/kafka/asker.h"
#include "src/streams/kafka/topic_fixture.h"

namespace headwater::kafka {
namespace {

using rig::OpenTransaction;

class KafkaLoss : public KafkaTopic {
 protected:
  [[nodiscard]] Result<Durable> tail_at_start() const {
    auto writer = make_stream(options(), clock_)->writer("a");
    if (!writer) return failed(writer);
    return (*writer)->tail();
  }
};

/// The position would go on where the events that went with it are missing.
TEST_F(KafkaLoss, EventsThatAreMadeAnewAloneAreNamed) {
  grow(*writer(options()), {}, 5);
  shell_.delete_topic(topic_);
  shell_.create_topic(topic_, 3);
  expect_stop(tail_at_start(), "stream.events_lost");
  // As it says to mend it: all that the source holds comes again, and numbers go on.
  const auto stream = make_stream(options(), clock_);
  auto removed = stream->remove("a");
  ASSERT_TRUE(removed) << removed.error().message;
  const auto anew = writer(options());
  EXPECT_EQ(anew->tail()->tail(), Tail{});
  EXPECT_EQ(grow(*anew, {}, 2).sequence, 7U);
  EXPECT_EQ(sequences(), (std::vector<std::uint64_t>{6, 7}));
}

/// A relay at work notices, too, once it has not appended for a while.
TEST_F(KafkaLoss, EventsThatAreMadeAnewUnderARelayAreNamed) {
  const auto relay = writer(options());
  grow(*relay, {}, 5);
  ASSERT_TRUE(relay->tail());
  shell_.delete_topic(topic_);
  shell_.create_topic(topic_, 1);
  auto found = relay->tail();
  for (int again = 0; again < 3 && !found && found.error().remedy == Remedy::retry; ++again) {
    found = relay->tail();
  }
  expect_stop(found, "stream.events_lost");
}

/// What follows would repeat the events behind the position.
TEST_F(KafkaLoss, APositionThatLostItsEndIsNamed) {
  const auto relay = writer(options());
  const Tail three = grow(*relay, {}, 3);
  const auto older = shell_.last(positions());
  ASSERT_TRUE(older);
  grow(*relay, three, 2);
  OpenTransaction other(broker_->direct(), topic_ + ".other");
  other.write(positions(), 0, topic_, older->headers);
  other.commit();
  auto found = tail_at_start();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->tail().sequence, 3U);
  auto next = make_stream(options(), clock_)->writer("a");
  ASSERT_TRUE(next) << next.error().message;
  expect_stop((*next)->append(found->tail(), testing::sample_batch("a", 4, 1),
                              testing::count_position(4), testing::sample_source),
              "stream.position_lost");
}

/// A relay looks at the positions first, and at the events then.
TEST_F(KafkaLoss, WhatAnotherAppendsBetweenTwoLooksIsAConflict) {
  const auto relay = writer(options());
  const Tail three = grow(*relay, {}, 3);
  const Deadline deadline(clock_, Milliseconds(30'000));
  auto asker = Asker::open(options());
  ASSERT_TRUE(asker) << asker.error().message;
  auto before = (*asker)->state(deadline);
  ASSERT_TRUE(before) << before.error().message;
  auto partitions = (*asker)->partitions(topic_, deadline);
  ASSERT_TRUE(partitions) << partitions.error().message;
  grow(*relay, three, 2);
  const auto ends = (*asker)->ends_of(before->state, *partitions, deadline);
  ASSERT_FALSE(ends);
  EXPECT_EQ(ends.error().name, "stream.conflict") << ends.error().message;
}

TEST_F(KafkaLoss, APositionKnowsWhereItsEventsEnd) {
  Options with = options();
  with.partitions = 4;
  with.tombstones = true;
  auto relay = writer(with);
  Tail tail;
  for (const std::uint64_t count : {1U, 50U, 7U}) tail = grow(*relay, tail, count);
  // Also behind what was aborted, and when another goes on.
  OpenTransaction other(broker_->direct(), topic_ + ".other");
  for (int n = 0; n < 9; ++n) other.write(topic_, n % 4, "no", {{"ce_sequence", "59"}});
  other.abort();
  relay = writer(with);
  for (const std::uint64_t count : {20U, 3U}) tail = grow(*relay, tail, count);
  const auto state = shell_.last(positions());
  ASSERT_TRUE(state);
  std::istringstream said(state->header("headwater_ends"));
  for (int partition = 0; partition < with.partitions; ++partition) {
    std::string end;
    ASSERT_TRUE(std::getline(said, end, ','));
    const auto records = shell_.records(topic_, partition);
    ASSERT_FALSE(records.empty());
    const std::int64_t behind = records.back().offset + 1;
    EXPECT_GE(std::stoll(end), behind);
    // The others end with marks, and what was aborted.
    const bool of_last_append = std::stoull(records.back().header("ce_sequence")) > 78;
    if (of_last_append) {
      EXPECT_EQ(std::stoll(end), behind);
    }
  }
}

}  // namespace
}  // namespace headwater::kafka

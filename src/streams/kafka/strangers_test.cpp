// What others do to the topics: transactions of theirs, and ends that are lost.
#include <functional>

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

}  // namespace
}  // namespace headwater::kafka

// A way to the server that is slow, not broken: what is sent ahead of the answers has to get
// through first.
#include <gtest/gtest.h>
#include <nats/nats.h>

#include <limits>
#include <string>
#include <vector>

#include "src/streams/nats/connection.h"
#include "src/streams/nats/test_stream.h"
#include "testing/rig/tcp_proxy.h"

namespace headwater::nats {
namespace {

std::vector<Event> events_of(std::uint64_t first, std::uint64_t count, std::size_t bytes) {
  auto events = testing::sample_batch("a", first, count);
  for (Event& event : events) event.data.assign(bytes, 'x');
  return events;
}

class NatsSlow : public NatsTest {
 protected:
  NatsSlow() {
    const std::string url = "nats://127.0.0.1:" + std::to_string(way_.port());
    auto made = stream_at(url)->writer("a");
    EXPECT_TRUE(made) << made.error().message;
    writer_ = *std::move(made);
  }

  Result<Durable> append(const std::vector<Event>& events) {
    auto tail = writer_->tail();
    if (!tail) return tail;
    return writer_->append(tail->tail(), events, events.back().position, testing::sample_source);
  }

  rig::TcpProxy way_{server_.port()};
  std::unique_ptr<StreamWriter> writer_;
};

/// Longer than one answer is waited for.
TEST_F(NatsSlow, LargeEventsGetThroughANarrowWay) {
  constexpr std::uint64_t bytes_a_second = 500'000;
  constexpr std::size_t each = 900'000;
  constexpr std::uint64_t count = 3;
  static_assert(count * each * 1'000 / bytes_a_second > patience.count());
  way_.limit_rate(bytes_a_second);
  auto appended = append(events_of(1, count, each));
  ASSERT_TRUE(appended) << appended.error().message;
  EXPECT_EQ(ids_at(server_), sample_ids(count));
}

/// Its end is brought whole when it is read.
TEST_F(NatsSlow, OneEventMayTakeLongerThanAnAnswer) {
  constexpr std::uint64_t bytes_a_second = 500'000;
  constexpr std::size_t each = 2'400'000;
  static_assert(each * 1'000 / bytes_a_second > patience.count());
  way_.limit_rate(bytes_a_second);
  auto appended = append(events_of(1, 1, each));
  ASSERT_TRUE(appended) << appended.error().message;
  const auto tail = writer_->tail();
  ASSERT_TRUE(tail) << tail.error().message;
  EXPECT_EQ(tail->tail(), appended->tail());
}

TEST(NatsPatience, GrowsWithWhatHasToGetThroughFirst) {
  EXPECT_EQ(patience_for(0), patience);
  EXPECT_EQ(patience_for(least_bytes_a_second), patience + Milliseconds(1'000));
  EXPECT_EQ(patience_for(std::size_t{1} << 20U), patience + Milliseconds(8'000));
  EXPECT_EQ(patience_for(std::size_t{64} << 20U), most_patience);
  EXPECT_EQ(patience_for(std::numeric_limits<std::size_t>::max()), most_patience);
}

/// Counts the answers that the server gives to whoever asks.
class Answers {
 public:
  explicit Answers(const rig::NatsServer& server) {
    EXPECT_EQ(natsConnection_ConnectTo(Into(connection_), server.url().c_str()), NATS_OK);
    EXPECT_EQ(natsConnection_SubscribeSync(Into(heard_), connection_.get(), "_INBOX.>"), NATS_OK);
    EXPECT_EQ(natsConnection_Flush(connection_.get()), NATS_OK);
  }
  /// Acknowledgements since the last call.
  [[nodiscard]] int count() {
    // What was answered before this comes before the answer to it.
    EXPECT_EQ(natsConnection_Flush(connection_.get()), NATS_OK);
    int acknowledged = 0;
    for (;;) {
      Message answer;
      if (natsSubscription_NextMsg(Into(answer), heard_.get(), 100) != NATS_OK) break;
      const std::string words(natsMsg_GetData(answer.get()),
                              static_cast<std::size_t>(natsMsg_GetDataLength(answer.get())));
      acknowledged += words.starts_with("{\"stream\":") ? 1 : 0;
    }
    return acknowledged;
  }

 private:
  Handle<natsSubscription> heard_;  ///< Destroyed after the connection, see ~Delivery.
  Handle<natsConnection> connection_;
};

TEST_F(NatsSlow, ManyBytesAreAnsweredAsManyMessagesAre) {
  Answers answers(server_);
  ASSERT_TRUE(append(events_of(1, 63, 100)));
  const int of_few = answers.count();
  EXPECT_LE(of_few, 2);
  // Three make up what is answered.
  ASSERT_TRUE(append(events_of(64, 60, 90'000)));
  EXPECT_GE(answers.count(), 20);
}

/// After an answer that did not come in time each message has one.
TEST_F(NatsSlow, TroubleIsFollowedByCare) {
  Answers answers(server_);
  ASSERT_TRUE(append(events_of(1, 3, 100)));
  const auto tail = writer_->tail();
  ASSERT_TRUE(tail) << tail.error().message;
  // The first append reads the end once more.
  ASSERT_TRUE(writer_->append(tail->tail(), {}, testing::count_position(3), "s"));
  const Tail behind{.sequence = 3, .position = testing::count_position(3), .source = "s"};
  way_.silence();
  const auto lost =
      writer_->append(behind, events_of(4, 30, 100), testing::count_position(33), "s");
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().name, "stream.unavailable") << lost.error().message;
  way_.cut();
  way_.restore();
  static_cast<void>(answers.count());
  const std::uint64_t last = ids_at(server_).size();
  const auto again = append(events_of(last + 1, 30, 100));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_GE(answers.count(), 30);
  // Once.
  ASSERT_TRUE(append(events_of(last + 31, 30, 100)));
  EXPECT_LE(answers.count(), 2);
}

}  // namespace
}  // namespace headwater::nats

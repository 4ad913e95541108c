// How the library is set up, and what becomes of its errors.
#include "src/streams/kafka/client.h"

#include "src/streams/kafka/record.h"
#include "src/streams/kafka/topic_fixture.h"
#include "testing/rig/tcp_proxy.h"
#include "testing/rig/waiting.h"

namespace headwater::kafka {
namespace {

using std::chrono_literals::operator""s;

class KafkaClient : public KafkaTopic {
 protected:
  /// Whose certificates another authority has signed, and which makes topics by itself.
  static rig::KafkaBroker& other_broker() {
    static rig::KafkaBroker broker({}, "auto.create.topics.enable=true\n");
    return broker;
  }
  static std::uint16_t port_of(const std::string& address) {
    return static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
  }
};

/// However long nothing comes.
TEST_F(KafkaClient, TheTimeBetweenTwoLooksStaysShort) {
  auto client = Client::open(options(), Role::asker);
  ASSERT_TRUE(client) << client.error().message;
  const Deadline deadline(clock_, 100'000s);
  Attempts attempts(**client, deadline);
  for (int times = 0; times < 100; ++times) {
    const int within = attempts.milliseconds();
    EXPECT_GE(within, 250);
    EXPECT_LE(within, 4000);
  }
}

TEST_F(KafkaClient, AVeryLargeEventFits) {
  Options with = options();
  with.max_event = std::size_t{90} << 20U;
  const auto relay = writer(with);
  std::vector<Event> events = testing::sample_batch("a", 1, 1);
  events[0].data = "\"" + std::string(std::size_t{66} << 20U, 'x') + "\"";
  auto appended = relay->append({}, events, testing::count_position(1), testing::sample_source);
  ASSERT_TRUE(appended) << appended.error().message;
}

/// Something else that was wrong once, and has been mended since.
TEST_F(KafkaClient, AnErrorThatHasPassedExplainsNothing) {
  const auto relay = writer(options());
  rig::TcpProxy way(port_of(other_broker().tls()));
  Options with = options();
  with.brokers = "127.0.0.1:" + std::to_string(way.port());
  with.properties = {{"security.protocol", "ssl"},
                     {"ssl.ca.location", broker_->certificates().authority}};
  auto client = Client::open(with, Role::asker);
  ASSERT_TRUE(client) << client.error().message;
  const auto ask = [&] { return (*client)->metadata(topic_, Deadline(clock_, 1s)); };
  ASSERT_TRUE(rig::wait_until([&] {
    auto answer = ask();
    return !answer && answer.error().name == "stream.untrusted";
  }));
  way.set_target(port_of(broker_->tls()));
  ASSERT_TRUE(rig::wait_until([&] { return ask().has_value(); }));
  broker_->pause();
  auto answer = ask();
  broker_->resume();
  // For whoever shares it: its controller may have given it up meanwhile.
  EXPECT_TRUE(rig::wait_until([&] { return ask().has_value(); }));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().remedy, Remedy::retry) << answer.error().message;
}

/// A broker may make topics as soon as a producer names them, with settings of its own: and the
/// positions must be compacted.
TEST_F(KafkaClient, ATopicThatIsMissedIsNotMade) {
  const Options with{.brokers = other_broker().direct(), .topic = topic_};
  for (const Role role : {Role::acknowledger, Role::asker, Role::follower, Role::surveyor}) {
    auto client = Client::open(with, role);
    ASSERT_TRUE(client) << client.error().message;
    auto topic = (*client)->topic(topic_);
    ASSERT_TRUE(topic) << topic.error().message;
    if (role == Role::acknowledger) {
      Record record = acknowledgement("key", "1", "life");
      EXPECT_EQ(produce(**client, topic->get(), record), RD_KAFKA_RESP_ERR_NO_ERROR);
      rd_kafka_flush((*client)->handle(), 1000);
    }
    auto metadata = (*client)->metadata(topic_, Deadline(clock_, 1s));
    ASSERT_FALSE(metadata);
    EXPECT_EQ(metadata.error().name, "stream.not_prepared");
  }
  EXPECT_EQ(rig::KafkaShell(with.brokers).partitions(topic_), 0);
}

}  // namespace
}  // namespace headwater::kafka

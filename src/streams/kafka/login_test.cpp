// Who may write to a broker, and which broker is trusted.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "src/streams/kafka/kafka.h"
#include "testing/contract/stream_child.h"
#include "testing/kafka/broker.h"
#include "testing/rig/retried.h"

namespace headwater::kafka {
namespace {

using rig::KafkaBroker;
using Properties = std::vector<std::pair<std::string, std::string>>;

class KafkaLogin : public ::testing::Test {
 protected:
  [[nodiscard]] Properties trusting(const std::string& protocol) const {
    return {{"security.protocol", protocol},
            {"ssl.ca.location", broker_->certificates().authority}};
  }
  [[nodiscard]] Properties as(const std::string& user, const std::string& password) const {
    Properties properties = trusting("sasl_ssl");
    properties.insert(
        properties.end(),
        {{"sasl.mechanism", "PLAIN"}, {"sasl.username", user}, {"sasl.password", password}});
    return properties;
  }
  [[nodiscard]] std::unique_ptr<StreamAdapter> stream(const std::string& brokers,
                                                      const Properties& properties) const {
    return make_stream({.brokers = brokers, .topic = topic_, .properties = properties}, clock_);
  }
  void expect_appends(StreamAdapter& stream) const {
    auto prepared = stream.prepare("a");
    ASSERT_TRUE(prepared) << prepared.error().message;
    auto writer = stream.writer("a");
    ASSERT_TRUE(writer) << writer.error().message;
    // On a busy machine a handshake may not end in time; then a relay tries again.
    auto appended = rig::retried([&]() -> Result<Durable> {
      auto tail = (*writer)->tail();
      if (!tail || tail->tail().sequence == 3) return tail;
      return (*writer)->append({}, testing::sample_batch("a", 1, 3), testing::count_position(3),
                               testing::sample_source);
    });
    ASSERT_TRUE(appended) << appended.error().message;
    auto reader = stream.reader();
    ASSERT_TRUE(reader) << reader.error().message;
    EXPECT_EQ((*reader)->range()->last, 3U);
  }
  static void expect_refused(StreamAdapter& stream, const std::string& name) {
    auto writer = stream.writer("a");
    ASSERT_FALSE(writer);
    EXPECT_EQ(writer.error().name, name) << writer.error().message;
    EXPECT_EQ(writer.error().remedy, Remedy::stop);
    EXPECT_EQ(writer.error().origin, Origin::stream);
    EXPECT_NE(writer.error().next, "");
    EXPECT_EQ(writer.error().message.find("wrong secret"), std::string::npos);
    auto prepared = stream.prepare("a");
    ASSERT_FALSE(prepared);
    EXPECT_EQ(prepared.error().name, name) << prepared.error().message;
  }

  SystemClock clock_;
  KafkaBroker* broker_ = &rig::shared_broker();
  std::string topic_ = rig::fresh_topic();
};

TEST_F(KafkaLogin, OverTls) { expect_appends(*stream(broker_->tls(), trusting("ssl"))); }

TEST_F(KafkaLogin, WithUserAndPassword) {
  expect_appends(*stream(broker_->login(), as(KafkaBroker::user, KafkaBroker::password)));
}

TEST_F(KafkaLogin, AnUntrustedCertificateIsRefused) {
  expect_refused(*stream(broker_->tls(), {{"security.protocol", "ssl"}}), "stream.untrusted");
}

TEST_F(KafkaLogin, AWrongPasswordIsRefused) {
  expect_refused(*stream(broker_->login(), as(KafkaBroker::user, "wrong secret")),
                 "stream.unauthorized");
}

TEST_F(KafkaLogin, AnUnknownUserIsRefused) {
  expect_refused(*stream(broker_->login(), as("nobody", KafkaBroker::password)),
                 "stream.unauthorized");
}

}  // namespace
}  // namespace headwater::kafka

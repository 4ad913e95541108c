#include "src/streams/kafka/errors.h"

#include <gtest/gtest.h>

#include <set>

namespace headwater::kafka {
namespace {

/// Codes below zero are the library's own: of its state, not of the brokers'. While they are away
/// it forgets what it knew, so none of that may end a relay.
TEST(KafkaErrors, OnlyWhatABrokerSaysEndsARelay) {
  // How the library passes on that the other side refuses a password or is not who it should be.
  const std::set<rd_kafka_resp_err_t> of_the_other_side{RD_KAFKA_RESP_ERR__AUTHENTICATION,
                                                        RD_KAFKA_RESP_ERR__SSL};
  const rd_kafka_err_desc* all = nullptr;
  std::size_t count = 0;
  rd_kafka_get_err_descs(&all, &count);
  ASSERT_GT(count, 100U);
  for (std::size_t at = 0; at < count; ++at) {
    if (all[at].code >= 0 || of_the_other_side.contains(all[at].code)) continue;
    EXPECT_NE(explain(all[at].code, "topic events", "").remedy, Remedy::stop) << all[at].name;
  }
}

/// What librdkafka 2.0.2 says where a broker goes away while it is being logged in to, and what it
/// passes on of a broker's answer.
TEST(KafkaErrors, ALoginThatWasCutShortIsNoWrongPassword) {
  for (const char* const cut :
       {"SASL PLAIN mechanism handshake failed: Local: Broker transport failure: broker's "
        "supported mechanisms: (n/a) (after 0ms in state DOWN)",
        "SASL authentication error: SaslAuthenticateRequest failed: Local: Timed out"}) {
    EXPECT_TRUE(broke_off(RD_KAFKA_RESP_ERR__AUTHENTICATION, cut)) << cut;
  }
  for (const char* const answer :
       {"SASL authentication error: Authentication failed: Invalid username or password",
        "SASL FOO mechanism handshake failed: Broker: Unsupported SASL mechanism: broker's "
        "supported mechanisms: PLAIN"}) {
    EXPECT_FALSE(broke_off(RD_KAFKA_RESP_ERR__AUTHENTICATION, answer)) << answer;
  }
  EXPECT_TRUE(broke_off(RD_KAFKA_RESP_ERR__SSL, "SSL handshake failed: Disconnected"));
  EXPECT_FALSE(broke_off(RD_KAFKA_RESP_ERR__SSL, "broker certificate could not be verified"));
}

/// A broker that has just come back knows no topic. Client::metadata() asks all of them.
TEST(KafkaErrors, ATopicIsNotMissingBecauseOneBrokerDoesNotKnowIt) {
  const Error error = explain(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "topic events", "");
  EXPECT_EQ(error.remedy, Remedy::retry);
  EXPECT_EQ(error.name, "stream.topic_unknown");
}

}  // namespace
}  // namespace headwater::kafka

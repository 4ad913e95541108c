// What JetStream answers to a message.
#include "src/streams/nats/acks.h"

#include <gtest/gtest.h>

#include <string>

namespace headwater::nats {
namespace {

TEST(NatsAck, SaysWhereTheMessageStands) {
  const Ack ack = ack_from(R"({"stream":"EVENTS","seq":18446744073709551615})");
  EXPECT_EQ(ack.code, 0);
  EXPECT_EQ(ack.sequence, 18446744073709551615U);
  EXPECT_FALSE(ack.duplicate);
  EXPECT_TRUE(ack_from(R"({"stream":"EVENTS","seq":3,"duplicate":true})").duplicate);
}

TEST(NatsAck, SaysWhyTheMessageWasRefused) {
  const Ack ack = ack_from(R"({"error":{"code":400,"err_code":10071,"description":"wrong last)"
                           R"( sequence: 7"},"stream":"EVENTS","seq":0})");
  EXPECT_EQ(ack.code, 10071);
  EXPECT_EQ(ack.words, "wrong last sequence: 7");
  EXPECT_EQ(ack.sequence, 0U);
}

TEST(NatsAck, OneThatCannotBeReadIsARefusal) {
  for (const char* answer :
       {"", "{", "null", "7", "[]", "{}", R"({"seq":null})", R"({"seq":"7"})", R"({"seq":-7})",
        R"({"seq":7.0})", R"({"seq":18446744073709551616})", R"({"seq":[7]})",
        R"({"seq":7,"duplicate":1})", R"({"seq":7,"duplicate":null})", R"({"seq":7,"error":"no"})",
        R"({"seq":7,"error":[]})"}) {
    const Ack ack = ack_from(answer);
    EXPECT_EQ(ack.code, -1) << answer;
    EXPECT_EQ(ack.words, "an answer that cannot be read") << answer;
    EXPECT_EQ(ack.sequence, 0U) << answer;
  }
}

TEST(NatsAck, ARefusalWithoutAUsableNumberIsStillOne) {
  for (const char* code :
       {"null", "0", "\"10071\"", "1.5", "4294967296", "18446744073709551615", "[1]", "{}"}) {
    const Ack ack =
        ack_from(std::string(R"({"error":{"description":[],"err_code":)") + code + "}}");
    EXPECT_EQ(ack.code, -1) << code;
    EXPECT_EQ(ack.words, "");
  }
}

}  // namespace
}  // namespace headwater::nats

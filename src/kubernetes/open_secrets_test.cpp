#include "src/kubernetes/open_secrets.h"

#include <gtest/gtest.h>

#include <string>

namespace headwater::kubernetes {
namespace {

using config::TextUse;

std::string found_in(const std::string& key, const std::string& written,
                     TextUse use = TextUse::plain) {
  const auto secret = find_open_secret({{.key = key, .line = 3, .written = written, .use = use}});
  return secret ? secret->what + ", " + secret->variable : "";
}

TEST(SecretInFile, IsTheValueOfAKeyThatSaysSo) {
  EXPECT_EQ(found_in("stream.nats.password", "x"), "is a secret, NATS_PASSWORD");
  EXPECT_EQ(found_in("serve.tokens.token", "0123456789abcdef"), "is a secret, TOKENS_TOKEN");
  EXPECT_EQ(found_in("stream.kafka.properties.sasl.password", "x"), "is a secret, SASL_PASSWORD");
  EXPECT_EQ(found_in("a.oauthbearer.client.secret", "x"), "is a secret, CLIENT_SECRET");
  EXPECT_EQ(found_in("a.key.Passphrase", "x"), "is a secret, KEY_PASSPHRASE");
  EXPECT_EQ(found_in("a.ssl.key.pem", "-----BEGIN PRIVATE KEY-----\n"),
            "is a private key, KEY_PEM");
}

TEST(SecretInFile, IsThePasswordOfAnAddress) {
  for (const char* address :
       {"redis://:geheim@h:6379", "mongodb://u:p/w@h/?x=1", "nats://token@h:4222",
        "tls://token@h:4222", "postgresql://u@h/d?sslpassword=x", "host=h password=x",
        "mongodb://h/?tlsCertificateKeyFilePassword=x",
        "mongodb://h/?authMechanismProperties=AWS_SESSION_TOKEN:x"}) {
    EXPECT_EQ(found_in("stream.redis.url", address, TextUse::address),
              "has a password in it, REDIS_PASSWORD")
        << address;
  }
}

TEST(SecretInFile, IsNotWhatComesFromElsewhereOrIsNoSecret) {
  EXPECT_EQ(found_in("stream.nats.password", "${PW}"), "");
  EXPECT_EQ(found_in("stream.nats.password", "${file:/pw}"), "");
  EXPECT_EQ(found_in("stream.nats.password", ""), "");
  EXPECT_EQ(found_in("stream.nats.token", "/etc/token", TextUse::file), "");
  EXPECT_EQ(found_in("a.sasl.oauthbearer.token.endpoint.url", "https://h/token"), "");
  for (const char* address :
       {"redis://u:${PW}@h:6379", "redis://u@h:6379", "nats://${TOKEN}@h", "mongodb://u@h:27017",
        "h:9092", "host=h password=${PW}", "mongodb://h:1/?a=b:c@d", "${URL}"}) {
    EXPECT_EQ(found_in("stream.redis.url", address, TextUse::address), "") << address;
  }
  EXPECT_EQ(found_in("source.mongodb.pipeline", "password=1"), "");
}

TEST(SecretInFile, TheFirstIsNamed) {
  const auto secret = find_open_secret({{.key = "a.user", .line = 1, .written = "u"},
                                        {.key = "b.token", .line = 2, .written = "t"},
                                        {.key = "c.token", .line = 3, .written = "t"}});
  ASSERT_TRUE(secret);
  EXPECT_EQ(secret->line, 2);
}

}  // namespace
}  // namespace headwater::kubernetes

#include <gtest/gtest.h>

#include <string>

#include "src/streams/nats/nats.h"
#include "testing/contract/stream_test.h"

namespace headwater {
namespace {

Result<std::unique_ptr<StreamAdapter>> from(const std::string& yaml) {
  return testing::stream_from(yaml, make_nats_stream);
}

TEST(NatsFromConfig, AnUrlIsAllItNeeds) {
  auto stream = from("url: nats://10.0.0.1:4222");
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ((*stream)->describe(), "nats stream EVENTS at 10.0.0.1:4222");
  EXPECT_TRUE((*stream)->exactly_once());
  EXPECT_FALSE((*stream)->takes_several_relays());
}

TEST(NatsFromConfig, NoSecretIsShown) {
  auto stream = from("url: [ 'nats://me:s3cret@a:4222', nats://b:4222 ]");
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ((*stream)->describe(), "nats stream EVENTS at a:4222,b:4222");
  // cnats splits at the last @.
  stream = from("url: 'nats://me:s3@cret@a:4222'");
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ((*stream)->describe(), "nats stream EVENTS at a:4222");
}

TEST(NatsFromConfig, OnlyWhatCanBeAnAddressIsTaken) {
  for (const char* url : {"nats://a", "nats://a:4222", "nats://a.example:4222/", "tls://b:1", "a",
                          "a:4222", "nats://[::1]:4222", "nats://[::1]", "nats://u:p@a",
                          "nats://u:p/w?d:x@a:1", "nats://tok@a", "127.0.0.1:4222"}) {
    EXPECT_TRUE(from(std::string("url: '") + url + "'")) << url;
  }
  for (const char* url :
       {"http://x", "nats:/a", "nats://", "nats://:4222", "nats://a:", "nats://a:0",
        "nats://a:65536", "nats://me:s3cret", "nats://me:s3cret/x", "nats://a b:1", "nats://a/x",
        "nats://[::1", "nats://[a]:1", "nats://u:p@", "tls://a:4222x", ""}) {
    auto stream = from(std::string("url: '") + url + "'");
    ASSERT_FALSE(stream) << url;
    EXPECT_EQ(stream.error().origin, Origin::usage) << url;
    EXPECT_EQ(stream.error().message.find("s3cret"), std::string::npos) << stream.error().message;
  }
}

TEST(NatsFromConfig, AllKeysAreRead) {
  auto stream = from(
      "{ url: tls://a:4222, stream: SHOP, subject: 'shop.{table}.{key}', create: false, replicas: "
      "3, retention: limits, "
      "user: me, password: s3cret, tls: { ca: ca.pem, certificate: c.pem, key: k.pem } }");
  EXPECT_TRUE(stream) << stream.error().message;
  EXPECT_TRUE(from("{ url: nats://a, token: t }"));
  EXPECT_TRUE(from("{ url: nats://a, credentials: relay.creds }"));
}

TEST(NatsFromConfig, MistakesAreNamed) {
  for (const char* yaml :
       {"{}", "url: []", "{ url: nats://a, stream: 'a b' }", "{ url: nats://a, subject: '{key}' }",
        "url: 'nats://me:s3cret@a:4222,nats://me:s3cret@b:4222'", "url: 'nats://a,nats://b'",
        "{ url: nats://a, replicas: 6 }", "{ url: nats://a, retention: age }",
        "{ url: nats://a, user: me, token: t }", "{ url: nats://a, password: s3cret }",
        "{ url: nats://a, tls: { certificate: c.pem } }", "{ url: nats://a, topic: events }"}) {
    auto stream = from(yaml);
    ASSERT_FALSE(stream) << yaml;
    EXPECT_EQ(stream.error().origin, Origin::usage) << yaml;
    EXPECT_NE(stream.error().message.find("relay.yaml"), std::string::npos) << yaml;
    EXPECT_EQ(stream.error().message.find("s3cret"), std::string::npos) << yaml;
  }
}

}  // namespace
}  // namespace headwater

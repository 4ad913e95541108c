#include <gtest/gtest.h>

#include <string>

#include "src/streams/redis/keys.h"
#include "src/streams/redis/redis.h"
#include "testing/contract/stream_test.h"

namespace headwater::redis {
namespace {

TEST(RedisUrl, IsTakenApart) {
  const auto plain = parse_url("redis://db.example").value();
  EXPECT_EQ(plain.host, "db.example");
  EXPECT_EQ(plain.port, 6379);
  EXPECT_EQ(plain.database, 0U);
  EXPECT_FALSE(plain.tls);
  const auto full = parse_url("rediss://relay:p%40ss:/w@rd@[::1]:7000/3").value();
  EXPECT_EQ(full.user, "relay");
  EXPECT_EQ(full.password, "p@ss:/w@rd");
  EXPECT_EQ(full.host, "::1");
  EXPECT_EQ(full.port, 7000);
  EXPECT_EQ(full.database, 3U);
  EXPECT_TRUE(full.tls);
  EXPECT_EQ(full.name(), "[::1]:7000/3");
  const auto old = parse_url("redis://:secret@h").value();
  EXPECT_EQ(old.user, "");
  EXPECT_EQ(old.password, "secret");
}

TEST(RedisUrl, MistakesAreNamedWithoutTheSecret) {
  for (const char* url : {"", "http://s3cret@h", "redis://", "redis://u:s3cret@", "redis://h:0",
                          "redis://u:s3cret@h:99999", "redis://u:s3cret@h/x", "redis://[::1"}) {
    const auto parsed = parse_url(url);
    ASSERT_FALSE(parsed) << url;
    EXPECT_EQ(parsed.error().origin, Origin::usage);
    EXPECT_EQ(parsed.error().message.find("s3cret"), std::string::npos);
    EXPECT_FALSE(parsed.error().next.empty());
  }
}

TEST(RedisKeys, ShareOneHashSlot) {
  EXPECT_EQ(keys_of("events")->tails, "{events}:headwater");
  EXPECT_EQ(keys_of("{shop}:events")->tails, "{shop}:events:headwater");
  EXPECT_EQ(keys_of("{shop}:events")->consumers, "{shop}:events:headwater:consumers");
  for (const char* key : {"", "a{b", "a}b", "a{b}c", "{}a", "{a}{b}", "{a}b}", "{{a}"}) {
    EXPECT_FALSE(keys_of(key)) << key;
  }
}

Result<std::unique_ptr<StreamAdapter>> from(const std::string& yaml) {
  return testing::stream_from(yaml, make_redis_stream);
}

TEST(RedisFromConfig, AUrlIsAllItNeeds) {
  auto stream = from("url: redis://relay:secret@h:7000/2");
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ((*stream)->describe(), "redis stream events at h:7000/2");
  EXPECT_TRUE((*stream)->exactly_once());
  EXPECT_TRUE((*stream)->takes_several_relays());
}

TEST(RedisFromConfig, EverythingIsRead) {
  auto stream = from(
      "{ url: 'rediss://h', user: relay, password: secret, key: '{shop}:events', replicas: 1, "
      "tls: { ca: ca.crt, certificate: me.crt, key: me.key }, "
      "retention: { age: 7d, length: 100000, consumers: ignore } }");
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ((*stream)->describe(), "redis stream {shop}:events at h:6379");
}

TEST(RedisFromConfig, MistakesAreNamed) {
  for (const char* yaml :
       {"{}", "{ url: [] }", "{ url: 'h:6379' }", "{ url: 'redis://h', length: 3 }",
        "{ url: 'redis://h', key: 'a}b' }", "{ url: 'redis://h', replicas: -1 }",
        "{ url: 'redis://h', tls: { ca: a.crt } }",
        "{ url: 'rediss://h', tls: { certificate: a.crt } }",
        "{ url: 'redis://h', retention: { length: 0 } }",
        "{ url: 'redis://h', retention: { consumers: sometimes } }"}) {
    auto stream = from(yaml);
    ASSERT_FALSE(stream) << yaml;
    EXPECT_EQ(stream.error().origin, Origin::usage) << yaml;
    EXPECT_NE(stream.error().message.find("relay.yaml"), std::string::npos) << yaml;
  }
}

}  // namespace
}  // namespace headwater::redis

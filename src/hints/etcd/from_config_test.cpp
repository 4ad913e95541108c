#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/config/testing.h"
#include "src/hints/etcd/etcd.h"

namespace headwater::etcd {
namespace {

using testing::HasSubstr;
using testing::Not;

Result<std::unique_ptr<HintAdapter>> from(const std::string& yaml) {
  return make_etcd_hint(config::section_of(yaml));
}

TEST(EtcdFromConfig, EndpointsAreAllItNeeds) {
  const auto hint = from("endpoints: 10.0.0.7:2379");
  ASSERT_TRUE(hint) << hint.error().message;
  EXPECT_EQ((*hint)->describe(), "etcd 10.0.0.7:2379");
  EXPECT_EQ((*from("endpoints: [ a, 'https://b', 'http://[::1]:1' ]"))->describe(),
            "etcd a:2379,b:2379,[::1]:1");
}

TEST(EtcdFromConfig, AllKeysAreRead) {
  const auto hint = from(
      "{ endpoints: [ a:1, b:2 ], prefix: /shop, user: relay, password: s3cret, lapse_after: 3s, "
      "tls: { ca: ca.pem, certificate: c.pem, key: k.pem } }");
  ASSERT_TRUE(hint) << hint.error().message;
  const SystemClock clock;
  EXPECT_EQ((*hint)->open("orders", clock)->interval(), Milliseconds(750));
}

TEST(EtcdFromConfig, MistakesAreNamed) {
  const auto complaint = [](const std::string& yaml) {
    const auto hint = from(yaml);
    return hint ? "" : hint.error().message;
  };
  EXPECT_THAT(complaint("{ }"), HasSubstr("endpoints"));
  EXPECT_THAT(complaint("endpoints: ftp://a"), HasSubstr("neither http:// nor https://"));
  EXPECT_THAT(complaint("endpoints: a:0"), HasSubstr("port"));
  EXPECT_THAT(complaint("endpoints: a/b"), HasSubstr("path"));
  EXPECT_THAT(complaint("endpoints: me:s3cret@a"), HasSubstr("user"));
  EXPECT_THAT(complaint("endpoints: me:s3cret@a"), Not(HasSubstr("s3cret")));
  EXPECT_THAT(complaint("{ endpoints: 'http://a', tls: { ca: x } }"), HasSubstr("http://"));
  EXPECT_THAT(complaint("{ endpoints: a, tls: { key: x } }"), HasSubstr("go together"));
  EXPECT_THAT(complaint("{ endpoints: a, password: x }"), HasSubstr("has no user"));
  EXPECT_THAT(complaint("{ endpoints: a, prefix: /x/ }"), HasSubstr("nor end with a /"));
  for (const char* lapse : {"500ms", "1500ms", "0s", "2h"}) {
    EXPECT_THAT(complaint(std::string("{ endpoints: a, lapse_after: ") + lapse + " }"),
                HasSubstr("whole seconds"));
  }
}

TEST(EtcdEndpoints, TakeTlsFromTheirScheme) {
  EXPECT_FALSE(parse_endpoint("a", false)->tls);
  EXPECT_TRUE(parse_endpoint("a", true)->tls);
  EXPECT_TRUE(parse_endpoint("https://a", false)->tls);
  EXPECT_FALSE(parse_endpoint("http://a", true)->tls);
}

}  // namespace
}  // namespace headwater::etcd

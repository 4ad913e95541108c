#include "src/streams/shared/options.h"

#include <gtest/gtest.h>

#include "src/config/config.h"

namespace headwater::streams {
namespace {

TEST(StreamOptions, TlsIsReadFromPathsBesideTheFile) {
  auto section = *config::parse("{ tls: { ca: ca.crt, certificate: /my/own.crt, key: own.key } }",
                                "/etc/relay.yaml");
  const Tls tls = read_tls(section);
  EXPECT_TRUE(section.finish());
  EXPECT_EQ(tls.authority, "/etc/ca.crt");
  EXPECT_EQ(tls.certificate, "/my/own.crt");
  EXPECT_EQ(tls.key, "/etc/own.key");
}

TEST(StreamOptions, ACertificateNeedsItsKey) {
  for (const char* yaml : {"{ tls: { certificate: a } }", "{ tls: { key: a } }"}) {
    auto section = *config::parse(yaml, "relay.yaml");
    (void)read_tls(section);
    EXPECT_FALSE(section.finish()) << yaml;
  }
  auto none = *config::parse("{}", "relay.yaml");
  EXPECT_EQ(read_tls(none).authority, "");
  EXPECT_TRUE(none.finish());
}

TEST(StreamOptions, RetentionKeepsWhatConsumersNeedUnlessItIsSaid) {
  auto section = *config::parse("{ age: 7d, consumers: ignore }", "relay.yaml");
  const Retention given = read_retention(section);
  EXPECT_TRUE(section.finish());
  EXPECT_EQ(given.age, std::chrono::hours(7 * 24));
  EXPECT_TRUE(given.ignore_consumers);
  auto none = *config::parse("{}", "relay.yaml");
  EXPECT_EQ(read_retention(none).age, std::nullopt);
  EXPECT_FALSE(read_retention(none).ignore_consumers);
}

}  // namespace
}  // namespace headwater::streams

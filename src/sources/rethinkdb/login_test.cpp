// What a relay says that the server does not let in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/sources/rethinkdb/testing.h"
#include "testing/rig/certificates.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::rethinkdb {
namespace {

using ::testing::HasSubstr;

class RethinkLogin : public RethinkTest {
 protected:
  RethinkLogin() { prepare(); }

  Error error(const SourceOptions& options) {
    const auto chosen = adapter(options);
    const Report report = chosen->check("a", std::nullopt);
    EXPECT_EQ(report.front().kind, Finding::Kind::problem);
    EXPECT_FALSE(report.front().next.empty());
    const auto source = chosen->connect("a");
    if (source) return Error{};
    EXPECT_EQ(source.error().next, report.front().next);
    EXPECT_EQ(source.error().origin, Origin::source);
    return source.error();
  }
};

TEST_F(RethinkLogin, AWrongPassword) {
  SourceOptions chosen = options();
  chosen.login.password = "wrong";
  const Error refused = error(chosen);
  EXPECT_EQ(refused.name, "source.unauthorized");
  EXPECT_EQ(refused.remedy, Remedy::stop);
  EXPECT_THAT(refused.next, HasSubstr("correct `password`"));
}

TEST_F(RethinkLogin, AnUnknownUser) {
  SourceOptions chosen = options();
  chosen.login.user = "nobody";
  const Error refused = error(chosen);
  EXPECT_EQ(refused.name, "source.unauthorized");
  EXPECT_THAT(refused.next, HasSubstr("correct `user`"));
}

TEST_F(RethinkLogin, TlsThatTheServerDoesNotSpeak) {
  const rig::TemporaryFolder folder;
  SourceOptions chosen = options();
  chosen.tls = network::TlsFiles{.authority = rig::make_certificates(folder.path()).authority};
  const auto source = adapter(chosen)->connect("a");
  ASSERT_FALSE(source);
  EXPECT_THAT(source.error().message + source.error().next, HasSubstr("tls"));
}

TEST_F(RethinkLogin, NobodyThatListens) {
  SourceOptions chosen = options();
  const rig::LocalPort free;
  chosen.server.port = free.number();
  const auto source = adapter(chosen)->connect("a");
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().name, "source.unavailable");
  EXPECT_EQ(source.error().remedy, Remedy::retry);
}

TEST(RethinkTls, IsNeededAndChecked) {
  const rig::RethinkServer server({.tls = true});
  const SystemClock clock;
  const rig::TemporaryFolder folder;
  const rig::Certificates others = rig::make_certificates(folder.path());
  SourceOptions options;
  options.server = {.host = "127.0.0.1", .port = server.port()};
  options.database = "shop";
  options.table = "item";
  const auto error = [&] {
    const auto source = make_rethinkdb_source(options, clock)->connect("a");
    return source ? Error{} : source.error();
  };
  const Error without = error();
  EXPECT_THAT(without.message + without.next, HasSubstr("tls"));
  options.tls = network::TlsFiles{.authority = others.authority};
  const Error untrusted = error();
  EXPECT_EQ(untrusted.name, "source.untrusted");
  EXPECT_EQ(untrusted.remedy, Remedy::stop);
  EXPECT_FALSE(untrusted.next.empty());
  options.tls = network::TlsFiles{.authority = server.certificates()->authority};
  EXPECT_EQ(error().name, "source.no_such_table");
}

}  // namespace
}  // namespace headwater::rethinkdb

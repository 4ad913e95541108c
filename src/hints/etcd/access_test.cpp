// Users, rights, TLS, and what is not etcd.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/hints/etcd/test_hint.h"

namespace headwater::etcd {
namespace {

using testing::HasSubstr;
using testing::Not;

/// An etcd with users, made with the commands of docs/standby.md.
class EtcdUsers : public testing::Test {
 protected:
  void enable_users() {
    server_.control({"user", "add", "root:r00t"});
    server_.control({"user", "grant-role", "root", "root"});
    server_.control({"role", "add", "headwater"});
    server_.control(
        {"role", "grant-permission", "headwater", "readwrite", "--prefix=true", "/headwater/"});
    server_.control({"user", "add", "relay:s3cret"});
    server_.control({"user", "grant-role", "relay", "headwater"});
    server_.control({"auth", "enable"});
    server_.log_in_as("root:r00t");
  }
  [[nodiscard]] TestHint hint(const std::string& user, const std::string& password,
                              const std::string& prefix = "/headwater") const {
    Options options = options_for(server_);
    options.user = user;
    options.password = password;
    options.prefix = prefix;
    return TestHint(options);
  }

  rig::EtcdServer server_;
};

TEST_F(EtcdUsers, MayClaim) {
  enable_users();
  auto a = hint("relay", "s3cret");
  auto b = hint("relay", "s3cret");
  EXPECT_EQ(a.claim(), "ours");
  EXPECT_EQ(b.claim(), "others");
  EXPECT_EQ(b.take(), "ours");
  EXPECT_TRUE(b->give_up({}));
  EXPECT_EQ(a.claim(), "ours");
}

TEST_F(EtcdUsers, AreRefused) {
  enable_users();
  auto wrong = hint("relay", "guessed");
  EXPECT_EQ(wrong.claim(), "hint.refused");
  EXPECT_EQ(wrong.error().remedy, Remedy::retry);
  EXPECT_THAT(wrong.error().message, HasSubstr("wrong password of user 'relay'"));
  EXPECT_THAT(wrong.error().message + wrong.error().next, Not(HasSubstr("guessed")));
  EXPECT_NE(wrong.error().next, "");
  auto nobody = hint("", "");
  EXPECT_EQ(nobody.claim(), "hint.refused");
  EXPECT_THAT(nobody.error().message, HasSubstr("it wants a user"));
  auto elsewhere = hint("relay", "s3cret", "/other");
  EXPECT_EQ(elsewhere.claim(), "hint.refused");
  EXPECT_THAT(elsewhere.error().message, HasSubstr("'relay' may not use the key"));
  EXPECT_THAT(elsewhere.error().next, HasSubstr("etcdctl role grant-permission"));
}

TEST_F(EtcdUsers, AreHelpedWhileTheRelayRuns) {
  enable_users();
  auto a = hint("relay", "later");
  EXPECT_EQ(a.claim(), "hint.refused");
  server_.control({"user", "delete", "relay"});
  server_.control({"user", "add", "relay:later"});
  server_.control({"user", "grant-role", "relay", "headwater"});
  EXPECT_EQ(a.claim(), "ours");
}

/// etcd forgets its tokens at a restart, and does not accept them after a change of rights.
TEST_F(EtcdUsers, LogInAgain) {
  enable_users();
  auto a = hint("relay", "s3cret");
  auto b = hint("relay", "s3cret");
  ASSERT_EQ(a.claim(), "ours");
  ASSERT_EQ(b.claim(), "others");
  server_.kill();
  server_.start();
  EXPECT_TRUE(a.comes_to("ours"));
  EXPECT_TRUE(b.comes_to("others"));
  server_.control({"role", "grant-permission", "headwater", "read", "/more"});
  EXPECT_EQ(a.claim(), "ours");
  EXPECT_EQ(b.claim(), "others");
  EXPECT_EQ(b.take(), "ours");
}

TEST_F(EtcdUsers, NeedNotExistYet) {
  auto a = hint("relay", "s3cret");
  EXPECT_EQ(a.claim(), "ours");
  enable_users();
  EXPECT_EQ(a.claim(), "ours");
}

TEST(EtcdToken, ExpiresAndIsRenewed) {
  rig::EtcdServer server({.arguments = {"--auth-token-ttl=1"}});
  server.control({"user", "add", "root:r00t"});
  server.control({"user", "grant-role", "root", "root"});
  server.control({"auth", "enable"});
  Options options = options_for(server);
  options.user = "root";
  options.password = "r00t";
  TestHint a(options);
  TestHint b(options);
  ASSERT_EQ(a.claim(), "ours");
  // Each use of a token prolongs it. When the claim of the first has lapsed, its token has expired.
  ASSERT_TRUE(b.comes_to("ours"));
  EXPECT_EQ(a.claim(), "others");
  EXPECT_EQ(a.take(), "ours");
}

class EtcdTls : public testing::Test {
 protected:
  [[nodiscard]] Options options() const {
    const auto& files = server_.certificates();
    return {
        .endpoints = {{.address = server_.address(), .tls = true}},
        .tls = {.authority = files.authority, .certificate = files.client, .key = files.client}};
  }
  [[nodiscard]] static TestHint hint(const Options& options) { return TestHint(options); }

  rig::EtcdServer server_{{.tls = true}};
};

TEST_F(EtcdTls, WithACertificate) {
  auto a = hint(options());
  auto b = hint(options());
  EXPECT_EQ(a.claim(), "ours");
  EXPECT_EQ(b.claim(), "others");
  EXPECT_EQ(a.claim(), "ours");
}

TEST_F(EtcdTls, WithoutOne) {
  Options without = options();
  without.tls = {.authority = server_.certificates().authority};
  auto a = hint(without);
  EXPECT_EQ(a.claim(), "hint.away");
  EXPECT_THAT(a.error().next, HasSubstr("standby.etcd.tls"));
}

TEST_F(EtcdTls, FromAnotherAuthority) {
  const rig::TemporaryFolder folder;
  Options other = options();
  other.tls.authority = rig::make_certificates(folder.path()).authority;
  auto a = hint(other);
  EXPECT_EQ(a.claim(), "hint.away");
  EXPECT_THAT(a.error().message, HasSubstr("not trusted"));
  EXPECT_THAT(a.error().next, HasSubstr("standby.etcd.tls.ca"));
}

TEST_F(EtcdTls, WithAFileThatIsMissing) {
  Options missing = options();
  missing.tls.key = "/nowhere/key.pem";
  auto a = hint(missing);
  EXPECT_EQ(a.claim(), "hint.bad_certificate");
  EXPECT_EQ(a.error().remedy, Remedy::retry);
  EXPECT_THAT(a.error().message, HasSubstr("/nowhere/key.pem"));
}

TEST_F(EtcdTls, AskedWithoutTls) {
  auto a = hint(options_for(server_));
  EXPECT_EQ(a.claim(), "hint.away");
  EXPECT_THAT(a.error().next, HasSubstr("https://"));
}

TEST(EtcdGateway, CanBeSwitchedOff) {
  const rig::EtcdServer server({.arguments = {"--enable-grpc-gateway=false"}});
  TestHint a(options_for(server));
  EXPECT_EQ(a.claim(), "hint.not_etcd");
  EXPECT_THAT(a.error().next, HasSubstr("--enable-grpc-gateway"));
}

}  // namespace
}  // namespace headwater::etcd

// Claims while etcd is away, slow, or has lost what it knew.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "src/hints/etcd/test_hint.h"
#include "testing/rig/process.h"
#include "testing/rig/server_program.h"
#include "testing/rig/tcp_proxy.h"

namespace headwater::etcd {
namespace {

using testing::HasSubstr;

const std::string shop_key = "/headwater/shop";

TestHint hint_for(const rig::EtcdServer& server) { return TestHint(options_for(server)); }

TEST(EtcdOutage, AwayAndBack) {
  rig::EtcdServer server;
  auto a = hint_for(server);
  auto b = hint_for(server);
  ASSERT_EQ(a.claim(), "ours");
  server.kill();
  EXPECT_EQ(a.claim(), "hint.away");
  EXPECT_EQ(a.error().remedy, Remedy::retry);
  EXPECT_THAT(a.error().message, HasSubstr(server.address()));
  EXPECT_THAT(a.error().next, HasSubstr("start etcd"));
  EXPECT_EQ(b.claim(), "hint.away");
  server.start();
  // The lease has survived.
  EXPECT_TRUE(a.comes_to("ours"));
  EXPECT_TRUE(b.comes_to("others"));
}

TEST(EtcdOutage, BackWithoutItsData) {
  rig::EtcdServer server;
  auto a = hint_for(server);
  auto b = hint_for(server);
  ASSERT_EQ(a.claim(), "ours");
  server.kill();
  server.start_empty();
  EXPECT_TRUE(a.comes_to("ours"));
  EXPECT_TRUE(b.comes_to("others"));
  EXPECT_NE(server.value(shop_key), "");
}

TEST(EtcdOutage, ALeaseRevokedByHand) {
  const rig::EtcdServer server;
  auto a = hint_for(server);
  ASSERT_EQ(a.claim(), "ours");
  server.revoke_lease(shop_key);
  ASSERT_EQ(server.value(shop_key), "");
  EXPECT_EQ(a.claim(), "ours");
  server.revoke_lease(shop_key);
  // Whoever comes first has it.
  auto b = hint_for(server);
  EXPECT_EQ(b.claim(), "ours");
  EXPECT_EQ(a.claim(), "others");
}

TEST(EtcdOutage, AKeyDeletedByHand) {
  const rig::EtcdServer server;
  auto a = hint_for(server);
  ASSERT_EQ(a.claim(), "ours");
  server.control({"del", shop_key});
  EXPECT_EQ(a.claim(), "ours");
  EXPECT_NE(server.value(shop_key), "");
  server.control({"del", shop_key});
  auto b = hint_for(server);
  EXPECT_EQ(b.claim(), "ours");
  EXPECT_EQ(a.claim(), "others");
}

TEST(EtcdOutage, AKeyWrittenByHand) {
  const rig::EtcdServer server;
  server.control({"put", shop_key, "mine"});
  auto a = hint_for(server);
  EXPECT_EQ(a.claim(), "others");
  EXPECT_TRUE(a.comes_to("ours"));
  server.control({"put", shop_key, "mine"});
  EXPECT_TRUE(a.comes_to("ours"));
  EXPECT_NE(server.value(shop_key), "mine");
}

/// A lease that somebody else keeps alive: the hint is frozen, and only take() ends that.
TEST(EtcdOutage, AFrozenClaimCanBeTaken) {
  const rig::EtcdServer server;
  const std::string lease = server.grant(3'600);
  server.control({"put", "--lease=" + lease, shop_key, "frozen"});
  const rig::Process alive(
      {.words = {rig::server_program("etcdctl"), "--endpoints=" + server.address(), "lease",
                 "keep-alive", lease}});
  ASSERT_TRUE(rig::wait_until([&] { return !alive.output().empty(); }));
  auto a = hint_for(server);
  EXPECT_EQ(a.claim(), "others");
  EXPECT_EQ(a.take(), "ours");
  EXPECT_EQ(a.claim(), "ours");
}

TEST(EtcdOutage, TheNextEndpointIsAsked) {
  const rig::EtcdServer server;
  const rig::LocalPort nobody;
  Options options = options_for(server);
  options.endpoints.insert(options.endpoints.begin(),
                           {.address = "127.0.0.1:" + std::to_string(nobody.number())});
  TestHint a(options);
  EXPECT_EQ(a.claim(), "ours");
  EXPECT_EQ(a.claim(), "ours");
}

TEST(EtcdOutage, OneOfManyEndpointsIsFound) {
  const rig::EtcdServer server;
  const rig::LocalPort nobody;
  Options options;
  for (int i = 0; i < 5; ++i) {
    options.endpoints.push_back({.address = "127.0.0.1:" + std::to_string(nobody.number())});
  }
  options.endpoints.push_back({.address = server.address()});
  TestHint a(options);
  EXPECT_EQ(a.claim(), "hint.away");  // one call does not ask them all
  EXPECT_TRUE(a.comes_to("ours"));
}

TEST(EtcdOutage, ASilentEndpointIsLeft) {
  const rig::EtcdServer server;
  rig::TcpProxy proxy(server.port());
  Options options = options_for(proxy);
  options.endpoints.push_back({.address = server.address()});
  options.patience = Milliseconds(1'000);
  TestHint a(options);
  ASSERT_TRUE(a.comes_to("ours"));
  proxy.silence();
  EXPECT_TRUE(a.comes_to("ours"));
}

/// The answer to the write is lost. The claimant finds out that the key is its own.
TEST(EtcdOutage, ALostAnswer) {
  const rig::EtcdServer server;
  rig::TcpProxy proxy(server.port());
  Options options = options_for(proxy);
  options.patience = Milliseconds(1'000);
  TestHint a(options);
  proxy.lose_replies_from(
      [](std::string_view piece) { return piece.find("/v3/kv/txn") != std::string_view::npos; });
  ASSERT_EQ(a.claim(), "hint.away");
  ASSERT_NE(server.value(shop_key), "");
  const std::string revision = server.number(shop_key, "revision");
  proxy.restore();
  EXPECT_TRUE(a.comes_to("ours"));
  EXPECT_EQ(server.number(shop_key, "revision"), revision);
}

TEST(EtcdOutage, AStopEndsACall) {
  const rig::EtcdServer server;
  rig::TcpProxy proxy(server.port());
  TestHint a(options_for(proxy));
  ASSERT_EQ(a.claim(), "ours");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(a->claim(stop.get_token()).error().name, "hint.stopped");
  EXPECT_EQ(a->give_up(stop.get_token()).error().name, "hint.stopped");
  EXPECT_EQ(a.claim(), "ours");
}

}  // namespace
}  // namespace headwater::etcd

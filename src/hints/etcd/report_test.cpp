// What `init`, `check` and the removal report.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/hints/etcd/test_hint.h"
#include "testing/rig/port.h"

namespace headwater::etcd {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using Kind = Finding::Kind;

auto finding(Kind kind, const std::string& words) {
  return testing::AllOf(Field(&Finding::kind, kind), Field(&Finding::what, HasSubstr(words)));
}

TEST(EtcdReport, OfOneThatIsWell) {
  const rig::EtcdServer server;
  const auto adapter = make_hint(options_for(server));
  EXPECT_EQ(adapter->describe(), "etcd " + server.address());
  const auto prepared = adapter->prepare("shop");
  ASSERT_TRUE(prepared);
  EXPECT_THAT(*prepared, ElementsAre(finding(Kind::ok, "answers, version 3.")));
  EXPECT_THAT(adapter->check("shop"),
              ElementsAre(finding(Kind::ok, "answers, version 3."),
                          finding(Kind::ok, "/headwater/shop may be read and written"),
                          finding(Kind::ok, "nobody holds the claim")));
  EXPECT_EQ(server.value("/headwater/shop"), "");
}

TEST(EtcdReport, NamesTheHolder) {
  const rig::EtcdServer server;
  const auto adapter = make_hint(options_for(server));
  TestHint holder(options_for(server));
  ASSERT_EQ(holder.claim(), "ours");
  EXPECT_THAT(adapter->check("shop").back().what,
              testing::MatchesRegex("standby: process [0-9]+ on .+ holds the claim to lead, since "
                                    ".+Z, renewed less than [0-9]+ s ago"));
  server.control({"put", "/headwater/shop", "\n{"});
  EXPECT_THAT(adapter->check("shop").back(), finding(Kind::note, "the key has no lease"));
}

TEST(EtcdReport, OfOneThatIsAway) {
  const rig::LocalPort nobody;
  const auto adapter =
      make_hint({.endpoints = {{.address = "127.0.0.1:" + std::to_string(nobody.number())}}});
  const auto prepared = adapter->prepare("shop");
  ASSERT_TRUE(prepared);
  EXPECT_THAT(*prepared,
              ElementsAre(finding(Kind::note, "nobody listens there; until it answers")));
  EXPECT_THAT(adapter->check("shop"), ElementsAre(finding(Kind::problem, "nobody listens there")));
  const auto removed = adapter->remove("shop");
  ASSERT_TRUE(removed);
  EXPECT_THAT(*removed, ElementsAre(finding(Kind::note, "the key ends with its lease")));
}

TEST(EtcdReport, OfMissingRights) {
  rig::EtcdServer server;
  server.control({"user", "add", "root:r00t"});
  server.control({"user", "grant-role", "root", "root"});
  server.control({"role", "add", "looks"});
  server.control({"role", "grant-permission", "looks", "read", "--prefix=true", "/headwater/"});
  server.control({"user", "add", "relay:s3cret"});
  server.control({"user", "grant-role", "relay", "looks"});
  server.control({"auth", "enable"});
  Options options = options_for(server);
  options.user = "relay";
  options.password = "s3cret";
  const auto adapter = make_hint(options);
  EXPECT_THAT(adapter->check("shop"),
              ElementsAre(finding(Kind::ok, "answers"), finding(Kind::problem, "may not use")));
  EXPECT_FALSE(adapter->remove("shop"));
  options.password = "wrong";
  EXPECT_THAT(make_hint(options)->check("shop").back(), finding(Kind::problem, "wrong password"));
}

TEST(EtcdReport, OfTheRemoval) {
  const rig::EtcdServer server;
  const auto adapter = make_hint(options_for(server));
  TestHint holder(options_for(server));
  ASSERT_EQ(holder.claim(), "ours");
  EXPECT_THAT(*adapter->remove("shop"), ElementsAre(finding(Kind::ok, "deleted")));
  EXPECT_EQ(server.value("/headwater/shop"), "");
  EXPECT_THAT(*adapter->remove("shop"), ElementsAre(finding(Kind::ok, "was not in etcd")));
}

}  // namespace
}  // namespace headwater::etcd

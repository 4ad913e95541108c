#include "src/sources/mongodb/privileges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace headwater::mongodb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// What a server says of user "relay", who has these roles and privileges.
Granted granted(const std::string& privileges, const std::string& roles = "") {
  auto reply =
      Doc::from_json(R"({"authInfo":{"authenticatedUsers":[{"user":"relay","db":"admin"}],)"
                     R"("authenticatedUserRoles":[)" +
                     roles + R"(],"authenticatedUserPrivileges":[)" + privileges + "]}}");
  EXPECT_TRUE(reply) << privileges;
  return Granted(reply ? std::move(*reply) : Doc());
}

Granted granted_on(const std::string& resource, const std::string& action = "find") {
  return granted(R"({"resource":)" + resource + R"(,"actions":["insert",")" + action + R"("]})");
}

Privilege find_on(const std::string& database, const std::string& collection) {
  return {.action = "find", .database = database, .collection = collection};
}

std::vector<std::string> words(const SourceOptions& options, const ServerFacts& facts = {},
                               bool needed = true) {
  std::vector<std::string> all;
  for (const Privilege& privilege : privileges_for(options, facts)) {
    if (privilege.needed == needed) all.push_back(privilege.words());
  }
  return all;
}

TEST(Privileges, DependOnWhatIsConfigured) {
  SourceOptions options;
  options.watch = {"shop", "orders"};
  EXPECT_THAT(words(options), ElementsAre("changeStream on shop.orders", "find on shop.orders",
                                          "replSetGetConfig on the cluster"));
  EXPECT_THAT(words(options, {}, false),
              ElementsAre("listCollections on the database shop", "find on local.oplog.rs"));
  EXPECT_THAT(
      words(options, {.router = true}),
      ElementsAre("changeStream on shop.orders", "find on shop.orders", "find on config.version"));
  options.identity = "mongodb:main";
  options.watch = {"shop", ""};
  options.policies.snapshot = true;
  EXPECT_THAT(words(options),
              ElementsAre("changeStream on the database shop", "find on the database shop",
                          "listCollections on the database shop"));
  options.watch = {};
  options.policies.snapshot = false;
  options.policies.on_lost = OnLost::snapshot;
  EXPECT_THAT(words(options),
              ElementsAre("changeStream on every database", "find on every database",
                          "listCollections on every database"));
}

TEST(Privileges, ForClaimsAreThoseToWriteInTheDatabase) {
  const auto reads = granted_on(R"({"db":"shop","collection":""})");
  const auto writes =
      granted(R"({"resource":{"db":"shop","collection":""},"actions":)"
              R"(["find","insert","update","remove","createCollection","dropCollection"]})");
  const std::vector<Privilege> all = claim_privileges("shop");
  EXPECT_EQ(all.front().words(), "find on shop.headwater_standby");
  EXPECT_FALSE(std::ranges::all_of(all, [&](const auto& each) { return reads.has(each); }));
  EXPECT_TRUE(std::ranges::all_of(all, [&](const auto& each) { return writes.has(each); }));
}

TEST(Privileges, AResourceTakesInWhatTheServerSaysItDoes) {
  const auto on_one = granted_on(R"({"db":"shop","collection":"orders"})");
  EXPECT_TRUE(on_one.has(find_on("shop", "orders")));
  EXPECT_FALSE(on_one.has(find_on("shop", "stock")));
  EXPECT_FALSE(on_one.has(find_on("shop", "")));
  EXPECT_FALSE(on_one.has(find_on("store", "orders")));

  const auto on_database = granted_on(R"({"db":"shop","collection":""})");
  EXPECT_TRUE(on_database.has(find_on("shop", "orders")));
  EXPECT_TRUE(on_database.has(find_on("shop", "")));
  EXPECT_FALSE(on_database.has(find_on("shop", "system.views")));
  EXPECT_FALSE(on_database.has(find_on("", "")));

  const auto on_all = granted_on(R"({"db":"","collection":""})");
  EXPECT_TRUE(on_all.has(find_on("shop", "orders")));
  EXPECT_TRUE(on_all.has(find_on("", "")));
  EXPECT_FALSE(on_all.has(find_on("local", "oplog.rs")));
  EXPECT_FALSE(on_all.has(find_on("config", "version")));

  const auto on_name = granted_on(R"({"db":"","collection":"orders"})");
  EXPECT_TRUE(on_name.has(find_on("shop", "orders")));
  EXPECT_FALSE(on_name.has(find_on("shop", "")));

  EXPECT_TRUE(granted_on(R"({"db":"local","collection":""})").has(find_on("local", "oplog.rs")));
  EXPECT_TRUE(granted_on(R"({"anyResource":true})", "anyAction").has(find_on("local", "oplog.rs")));
}

TEST(Privileges, AnActionCountsOnlyOnItsResource) {
  const auto on_cluster = granted_on(R"({"cluster":true})", "replSetGetConfig");
  EXPECT_TRUE(on_cluster.has({.action = "replSetGetConfig", .cluster = true}));
  EXPECT_FALSE(on_cluster.has({.action = "listDatabases", .cluster = true}));
  EXPECT_FALSE(on_cluster.has(find_on("shop", "orders")));
  EXPECT_FALSE(granted_on(R"({"db":"shop","collection":"orders"})", "changeStream")
                   .has(find_on("shop", "orders")));
  EXPECT_FALSE(granted("").has(find_on("shop", "orders")));
}

TEST(Privileges, NobodyAndUntoldAreToldApart) {
  EXPECT_TRUE(Granted(Doc()).no_user());
  EXPECT_FALSE(granted("").no_user());
  EXPECT_EQ(granted("").user(), "relay");
  EXPECT_FALSE(granted("").unknown());
  EXPECT_TRUE(granted("", R"({"role":"root","db":"admin"})").unknown());
}

TEST(Privileges, AreGrantedByOneCommandForAllThatAreMissing) {
  const std::vector<Privilege> missing{
      {.action = "changeStream", .database = "shop", .collection = "orders"},
      {.action = "replSetGetConfig", .cluster = true},
      {.action = "find", .database = "shop", .collection = "orders"}};
  const std::string list =
      R"([{resource: {db: "shop", collection: "orders"}, actions: ["changeStream", "find"]}, )"
      R"({resource: {cluster: true}, actions: ["replSetGetConfig"]}])";
  EXPECT_EQ(granted("").commands_for(missing),
            R"(in mongosh: db.getSiblingDB("admin").createRole({role: "headwater", privileges: )" +
                list +
                R"(, roles: []}); db.getSiblingDB("admin").grantRolesToUser("relay", )"
                R"([{role: "headwater", db: "admin"}]))");
  EXPECT_EQ(
      granted("", R"({"role":"headwater","db":"admin"})").commands_for(missing),
      R"(in mongosh: db.getSiblingDB("admin").grantPrivilegesToRole("headwater", )" + list + ")");
  EXPECT_THAT(granted("", R"({"role":"headwater","db":"shop"})").commands_for(missing),
              HasSubstr("createRole"));
}

TEST(Privileges, NamesStayNamesInCommands) {
  const std::string said = granted("").commands_for({find_on("shop", "a\"}); db.dropDatabase(")});
  EXPECT_THAT(said, Not(HasSubstr("a\"}")));
  EXPECT_THAT(said, HasSubstr(R"(collection: "a\"}); db.dropDatabase(")"));
}

}  // namespace
}  // namespace headwater::mongodb

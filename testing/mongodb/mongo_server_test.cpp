#include "testing/mongodb/mongo_server.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "testing/mongodb/programs.h"
#include "testing/mongodb/shared_server.h"

namespace headwater::rig {
namespace {

constexpr const char* orders = "shop.orders";

/// The ids of all documents.
std::vector<std::int64_t> ids(MongoShell& shell) {
  std::vector<std::int64_t> found;
  for (const auto& document : shell.documents(orders)) {
    found.push_back(mongodb::find_number(document.get(), "_id").value_or(-1));
  }
  return found;
}

Doc order(std::int64_t id) { return std::move(Doc().add("_id", id)); }

class MongoServers : public ::testing::TestWithParam<MongoKind> {
 protected:
  void SetUp() override {
    if (GetParam() == MongoKind::real && !real_mongod()) GTEST_SKIP() << no_real_mongod;
  }
};

TEST_P(MongoServers, KeepAcknowledgedWritesThroughStopsAndKills) {
  MongoServer server({.kind = GetParam()});
  const std::string uri = server.uri();
  {
    MongoShell shell(uri);
    shell.insert(orders, order(1));
  }
  server.kill();
  EXPECT_FALSE(server.running());
  server.start();
  EXPECT_EQ(server.uri(), uri);
  {
    MongoShell shell(uri);
    EXPECT_EQ(ids(shell), (std::vector<std::int64_t>{1}));
    shell.insert(orders, order(2));
  }
  server.stop();
  server.start();
  MongoShell shell(uri);
  EXPECT_EQ(ids(shell), (std::vector<std::int64_t>{1, 2}));
}

TEST_P(MongoServers, CanBeCopiedAndRestored) {
  MongoServer server({.kind = GetParam()});
  const TemporaryFolder folder;
  MongoShell(server.uri()).insert(orders, order(1));
  server.stop();
  server.copy_data(folder / "copy");
  server.start();
  MongoShell(server.uri()).insert(orders, order(2));
  MongoServer other({.kind = GetParam(), .data = folder / "copy"});
  {
    MongoShell shell(other.uri());
    EXPECT_EQ(ids(shell), (std::vector<std::int64_t>{1}));
    shell.insert(orders, order(3));
  }
  server.stop();
  server.restore_data(folder / "copy");
  server.start();
  MongoShell shell(server.uri());
  EXPECT_EQ(ids(shell), (std::vector<std::int64_t>{1}));
}

TEST_P(MongoServers, CommitAndAbortTransactions) {
  const MongoServer& server = shared_mongo_server({.kind = GetParam()});
  MongoShell shell(server.uri());
  MongoShell other(server.uri());
  shell.create(orders);
  shell.begin();
  shell.insert(orders, order(1));
  EXPECT_EQ(ids(shell).size(), 1U);
  EXPECT_EQ(ids(other).size(), 0U);
  shell.commit();
  EXPECT_EQ(ids(other).size(), 1U);
  shell.begin();
  shell.remove(orders, order(1));
  shell.abort();
  shell.update(orders, order(1), json(R"({"$set": {"paid": true}})"));
  ASSERT_EQ(shell.documents(orders).size(), 1U);
  EXPECT_TRUE(mongodb::find_flag(shell.documents(orders)[0].get(), "paid"));
  const auto refused = shell.try_write(
      "shop", json(R"({"insert": "orders", "documents": [{"_id": {"$numberLong": "1"}}]})"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, 11000U);
}

ClusterTime time_of(const Doc& entry) {
  return mongodb::find_time(entry.get(), "ts").value_or(ClusterTime{});
}

/// The time of the first entry of the oplog in this direction that matches the filter.
ClusterTime first_in_oplog(MongoShell& shell, const Doc& filter, std::int32_t direction) {
  Doc find;
  find.add("find", "oplog.rs").add("filter", filter).add("limit", 1);
  find.add("sort", Doc().add("$natural", direction));
  const auto reply = shell.command("local", find);
  return mongodb::find_time(reply.get(), "cursor.firstBatch.0.ts").value_or(ClusterTime{});
}

/// A relay queries the ends of the oplog, and the first entry after a time, whenever it starts.
TEST_P(MongoServers, SearchTheOplog) {
  const MongoServer& server = shared_mongo_server({.kind = GetParam()});
  MongoShell shell(server.uri());
  for (int i = 0; i < 50; ++i) {
    shell.insert(i % 3 == 0 ? orders : "store." + std::to_string(i), order(i));
  }
  const auto all = shell.documents("local.oplog.rs");
  ASSERT_GE(all.size(), 50U);
  EXPECT_EQ(first_in_oplog(shell, {}, 1), time_of(all.front()));
  EXPECT_GE(first_in_oplog(shell, {}, -1), time_of(all.back()));
  const auto first_from = [&](ClusterTime time) {
    return first_in_oplog(shell, Doc().add("ts", Doc().add("$gte", time)), 1);
  };
  for (std::size_t i = 1; i < all.size(); ++i) {
    ClusterTime behind = time_of(all[i - 1]);
    ++behind.increment;
    ASSERT_EQ(first_from(behind), time_of(all[i]));
    ASSERT_EQ(first_from(time_of(all[i])), time_of(all[i]));
  }
}

/// Whatever an earlier case did to it.
TEST_P(MongoServers, AreEmptyAndRunningWhenShared) {
  const MongoOptions options{.kind = GetParam()};
  MongoServer& first = shared_mongo_server(options);
  const std::string uri = first.uri();
  MongoShell(uri).insert(orders, order(1));
  MongoShell(uri).insert("store.orders", order(1));
  first.pause();
  EXPECT_EQ(shared_mongo_server(options).uri(), uri);
  MongoShell shell(uri);
  EXPECT_EQ(ids(shell).size(), 0U);
  EXPECT_EQ(shell.documents("store.orders").size(), 0U);
  shared_mongo_server(options).kill();
  const MongoServer& fresh = shared_mongo_server(options);
  MongoShell(fresh.uri()).insert(orders, order(1));
}

TEST_P(MongoServers, RequireALoginIfConfigured) {
  MongoServer server({.kind = GetParam(), .auth = true});
  MongoShell(server.uri()).insert(orders, order(1));
  MongoShell stranger(server.uri("", ""));
  EXPECT_FALSE(stranger.try_write("shop", json(R"({"insert": "orders", "documents": [{}]})")));
  MongoShell wrong(server.uri("root", "eight seas"));
  EXPECT_FALSE(wrong.try_command("shop", json(R"({"find": "orders"})")));
}

TEST_P(MongoServers, RequireTlsIfConfigured) {
  MongoServer server({.kind = GetParam(), .tls = true});
  MongoShell shell(server.uri());
  shell.insert(orders, order(1));
  EXPECT_EQ(ids(shell).size(), 1U);
  MongoShell plain("mongodb://" + server.host() + "/?directConnection=true");
  EXPECT_FALSE(plain.try_command("admin", json(R"({"ping": 1})")));
}

INSTANTIATE_TEST_SUITE_P(Secantus, MongoServers, ::testing::Values(MongoKind::secantus));
INSTANTIATE_TEST_SUITE_P(Real, MongoServers, ::testing::Values(MongoKind::real));

}  // namespace
}  // namespace headwater::rig

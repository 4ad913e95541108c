// A secondary that has not replicated yet what a relay has seen elsewhere: what it lacks is neither
// lost nor undone.
#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <vector>

#include "src/sources/mongodb/feed/history.h"
#include "src/sources/mongodb/feed/table_scan.h"
#include "testing/mongodb/programs.h"
#include "testing/mongodb/replica_set.h"

namespace headwater::mongodb {
namespace {

constexpr const char* collection = "shop.orders";

class Behind : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!rig::real_mongod()) GTEST_SKIP() << rig::no_real_mongod;
    set_.emplace();
    rig::MongoShell shell(set_->uri());
    shell.insert(collection, rig::json(R"({"_id": 1})"));
    const std::size_t primary = set_->primary();
    secondary_ = (primary + 1) % set_->size();
    // Its own shell, which must not wait for a majority: it is locked.
    own_.emplace(member().direct_uri());
    set_->wait_until_whole();
    wait_for(shell.time());
    own_->command("admin", R"({"fsync": 1, "lock": true})");
    shell.insert(collection, rig::json(R"({"_id": 2})"));
    seen_ = shell.time();
    pool_ = *Pool::make(member().direct_uri() + "&readPreference=secondary", Pool::Use::lasting);
    connection_.emplace(*pool_);
  }
  void TearDown() override {
    if (own_ && locked_) unlock();
  }
  void unlock() {
    locked_ = false;
    own_->command("admin", R"({"fsyncUnlock": 1})");
  }
  rig::MongoServer& member() { return set_->member(secondary_); }
  /// Until the secondary has everything up to there.
  void wait_for(rig::ClusterTime time) {
    Doc concern;
    concern.add("level", "majority").add("afterClusterTime", time);
    Doc command;
    command.add("find", "orders").add("readConcern", concern);
    own_->command("shop", command);
  }

  std::optional<rig::MongoReplicaSet> set_;
  std::optional<rig::MongoShell> own_;
  std::size_t secondary_ = 0;
  bool locked_ = true;
  ClusterTime seen_;
  std::unique_ptr<Pool> pool_;
  std::optional<Connection> connection_;
};

TEST_F(Behind, APieceOfASnapshotIsWaitedFor) {
  const std::vector<Doc> pipeline;
  auto facts = connection_->facts();
  ASSERT_TRUE(facts) << facts.error().message;
  TableScan scan(*connection_, *facts, pipeline);
  const CollectionName name{"shop", "orders"};
  auto early = scan.next(name, nullptr, {});
  ASSERT_TRUE(early) << early.error().message;
  ASSERT_EQ(early->documents.size(), 1U) << "it is not behind";
  auto piece = std::async(std::launch::async, [&] { return scan.next(name, nullptr, seen_); });
  unlock();
  auto whole = piece.get();
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(whole->documents.size(), 2U);
  EXPECT_GE(whole->time, seen_);
}

TEST_F(Behind, IsNoOlderBackup) {
  MongoPosition position;
  position.time = seen_;
  position.witness = seen_;
  auto standing = standing_of(position, *connection_);
  ASSERT_FALSE(standing);
  EXPECT_EQ(standing.error().name, "source.behind");
  EXPECT_EQ(standing.error().remedy, Remedy::retry);
}

}  // namespace
}  // namespace headwater::mongodb

// Secondaries that have not replicated yet what a relay has seen elsewhere: what they lack is
// neither lost nor undone, and what only the primary has is not read yet.
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/sources/mongodb/feed/history.h"
#include "src/sources/mongodb/feed/table_scan.h"
#include "testing/mongodb/programs.h"
#include "testing/mongodb/replica_set.h"

namespace headwater::mongodb {
namespace {

constexpr const char* collection = "shop.orders";

/// All have the first document, and only the primary has the second.
class Behind : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!rig::real_mongod()) GTEST_SKIP() << rig::no_real_mongod;
    set_.emplace();
    rig::MongoShell shell(set_->uri());
    shell.insert(collection, rig::json(R"({"_id": 1})"));
    set_->wait_until_whole();
    const std::size_t primary = set_->primary();
    for (std::size_t i = 0; i < set_->size(); ++i) {
      if (i != primary) lock(set_->member(i), shell.time());
    }
    secondary_ = (primary + 1) % set_->size();
    // Not acknowledged by a majority.
    shell.command("shop", R"({"insert": "orders", "documents": [{"_id": 2}]})");
    seen_ = shell.time();
  }
  void TearDown() override { unlock(); }
  void unlock() {
    for (auto& shell : locked_) shell->command("admin", R"({"fsyncUnlock": 1})");
    locked_.clear();
  }
  /// Once it has everything up to there.
  void lock(const rig::MongoServer& member, rig::ClusterTime time) {
    auto& shell = locked_.emplace_back(std::make_unique<rig::MongoShell>(member.direct_uri()));
    Doc concern;
    concern.add("level", "majority").add("afterClusterTime", time);
    Doc command;
    command.add("find", "orders").add("readConcern", concern);
    shell->command("shop", command);
    shell->command("admin", R"({"fsync": 1, "lock": true})");
  }

  std::optional<rig::MongoReplicaSet> set_;
  std::vector<std::unique_ptr<rig::MongoShell>> locked_;
  std::size_t secondary_ = 0;
  ClusterTime seen_;
};

TEST_F(Behind, APieceOfASnapshotIsWaitedFor) {
  // Where secondaries take no transactions (before 5.0), the primary has to be asked.
  const auto pool = *Pool::make(set_->uri() + "&readPreference=secondary", Pool::Use::lasting);
  auto facts = Connection(*pool).facts();
  ASSERT_TRUE(facts) << facts.error().message;
  ASSERT_FALSE(facts->primary);
  const std::vector<Doc> pipeline;
  TableScan scan(*pool, *facts, pipeline);
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

TEST_F(Behind, WhatOnlyThePrimaryServesIsSaid) {
  const std::string uri = set_->member(secondary_).direct_uri() + "&readPreference=secondary";
  const auto pool = *Pool::make(uri, Pool::Use::lasting);
  auto facts = Connection(*pool).facts();
  ASSERT_TRUE(facts) << facts.error().message;
  if (facts->snapshot_reads()) GTEST_SKIP() << "a secondary of 5.0 or later serves it";
  const std::vector<Doc> pipeline;
  auto piece = TableScan(*pool, *facts, pipeline).next({"shop", "orders"}, nullptr, {});
  ASSERT_FALSE(piece);
  EXPECT_EQ(piece.error().remedy, Remedy::retry);
  EXPECT_NE(piece.error().next.find("directConnection"), std::string::npos)
      << piece.error().message;
}

TEST_F(Behind, IsNoOlderBackup) {
  const std::string uri = set_->member(secondary_).direct_uri() + "&readPreference=secondary";
  const auto pool = *Pool::make(uri, Pool::Use::lasting);
  Connection connection(*pool);
  MongoPosition position;
  position.time = seen_;
  position.witness = seen_;
  auto standing = standing_of(position, connection);
  ASSERT_FALSE(standing);
  EXPECT_EQ(standing.error().name, "source.behind");
  EXPECT_EQ(standing.error().remedy, Remedy::retry);
}

}  // namespace
}  // namespace headwater::mongodb

#include "testing/mongodb/replica_set.h"

#include <gtest/gtest.h>

#include "testing/mongodb/programs.h"

namespace headwater::rig {
namespace {

Doc item(std::int64_t id) { return std::move(Doc().add("_id", id)); }

TEST(MongoReplicaSet, ElectsAnotherPrimary) {
  if (!real_mongod()) GTEST_SKIP() << no_real_mongod;
  MongoReplicaSet set;
  MongoShell(set.uri()).insert("shop.orders", item(1));
  const std::size_t first = set.primary();
  set.elect_another();
  MongoShell(set.uri()).insert("shop.orders", item(2));
  const std::size_t second = set.primary();
  EXPECT_NE(second, first);
  set.member(second).kill();
  const std::size_t third = set.primary();
  EXPECT_NE(third, second);
  MongoShell(set.uri()).insert("shop.orders", item(3));
  set.member(second).start();
  set.wait_until_whole();
  EXPECT_EQ(MongoShell(set.uri()).documents("shop.orders").size(), 3U);
}

}  // namespace
}  // namespace headwater::rig

// What the write-ahead log has between two places.
#include "src/sources/postgresql/feed/passed_over.h"

#include "src/sources/postgresql/feed/wal_commits.h"
#include "src/sources/postgresql/feed_rig.h"

namespace headwater::postgresql {
namespace {

class PassedOver : public Feed {
 protected:
  PassedOver() {
    sql("CREATE TABLE t(id int)");
    from_ = here();
  }
  /// Everything before it is written down.
  Lsn here() {
    sql("SELECT pg_logical_emit_message(false, 'test', '')");
    return lsn_from(sql("SELECT pg_current_wal_flush_lsn()").view(0, 0)).value_or(0);
  }
  std::optional<bool> committed() {
    Server reader(options_);
    auto link = reader.link({});
    EXPECT_TRUE(link) << link.error().message;
    auto found = committed_between(reader, link->timelines, from_, here(), {});
    EXPECT_TRUE(found) << found.error().error.message;
    return found ? std::optional(*found) : std::nullopt;
  }

  Lsn from_ = 0;
};

TEST_F(PassedOver, NothingCommits) {
  // Over many pages, and over the end of a segment.
  transaction({"INSERT INTO t SELECT generate_series(1, 200000)", "ROLLBACK"});
  sql("SELECT pg_switch_wal()");
  transaction({"INSERT INTO t VALUES (1)", "ROLLBACK"});
  sql("SELECT count(*) FROM t");
  testing::PgShell(server().address()).ask("CREATE TABLE IF NOT EXISTS elsewhere(id int)");
  EXPECT_NE(from_ >> 24U, here() >> 24U);
  EXPECT_EQ(committed(), false);
}

TEST_F(PassedOver, ACommit) {
  transaction({"INSERT INTO t SELECT generate_series(1, 10000)", "ROLLBACK"});
  sql("INSERT INTO t VALUES (1)");
  transaction({"INSERT INTO t SELECT generate_series(1, 10000)", "ROLLBACK"});
  EXPECT_EQ(committed(), true);
}

TEST_F(PassedOver, ACommitOfAPreparedTransaction) {
  transaction({"INSERT INTO t VALUES (1)", "PREPARE TRANSACTION '" + name_ + "'"});
  from_ = here();
  EXPECT_EQ(committed(), false);
  sql("COMMIT PREPARED '" + name_ + "'");
  EXPECT_EQ(committed(), true);
}

TEST_F(PassedOver, WhatTheServerHasNoMoreIsAnError) {
  Server reader(options_);
  auto link = reader.link({});
  ASSERT_TRUE(link) << link.error().message;
  const auto found = committed_between(reader, link->timelines, 8, from_, {});
  ASSERT_FALSE(found);
  EXPECT_FALSE(found.error().state.empty()) << found.error().error.message;
}

TEST(WalCommits, WhatIsNotALogIsUnreadable) {
  WalCommits commits({.from = 8'192, .to = 100'000, .segment_size = 16U << 20U, .database = 1});
  commits.add(std::string(10'000, 'x'));
  EXPECT_EQ(commits.found(), WalCommits::Found::unreadable);
  EXPECT_FALSE(commits.whole());
}

}  // namespace
}  // namespace headwater::postgresql

// Commits that wait for a synchronous standby: the log has them, and others do not see them.
#include <gtest/gtest.h>

#include <map>

#include "src/base/number_in.h"
#include "src/sources/postgresql/feed/pg_tables.h"
#include "src/sources/postgresql/hidden_commits_rig.h"

namespace headwater::postgresql {
namespace {

class HiddenCommits : public CommitsThatWait {
 protected:
  /// What a consumer has after these.
  static void apply(const std::vector<Change>& changes, std::map<std::int64_t, std::string>& rows) {
    for (const Change& change : changes) {
      const auto values = values_of(change.after);
      rows[std::get<std::int64_t>(values[0])] = std::get<Text>(values[1]).bytes.substr(0, 3);
    }
  }
  void expect_new_row_in_what_is_asked_for() {
    const auto asked = adapter()->read_again("a", {.sequence = 2, .position = at_}, {"t"}, "");
    ASSERT_TRUE(asked) << asked.error().message;
    at_ = asked->value();
    std::map<std::int64_t, std::string> rows;
    release_during([&] { apply(changes(), rows); });
    EXPECT_EQ(rows[1], "new");
  }
};

TEST_F(HiddenCommits, RowsThatAreAskedForAreNotOlderThanTheLog) {
  sql("INSERT INTO t VALUES (1, 'old')");
  start();
  hold_commits();
  ASSERT_TRUE(hangs("UPDATE t SET v = 'new'"));
  ASSERT_EQ(changes().size(), 1U);
  expect_new_row_in_what_is_asked_for();
}

TEST_F(HiddenCommits, ThatWerePrepared) {
  sql("INSERT INTO t VALUES (1, 'old')");
  start();
  transaction({"UPDATE t SET v = 'new'", "PREPARE TRANSACTION '" + name_ + "'"});
  hold_commits();
  ASSERT_TRUE(hangs("COMMIT PREPARED '" + name_ + "'"));
  ASSERT_EQ(changes().size(), 1U);
  expect_new_row_in_what_is_asked_for();
}

TEST_F(HiddenCommits, OfSessionsThatTheRelayMayNotSee) {
  sql("INSERT INTO t VALUES (1, 'old')");
  sql("CREATE PUBLICATION ours FOR TABLE t");
  sql("CREATE ROLE " + name_ + " LOGIN REPLICATION");
  sql("GRANT SELECT ON t TO " + name_);
  options_.tables = std::nullopt;
  options_.publication = "ours";
  options_.uri += " user=" + name_;
  start();
  hold_commits();
  ASSERT_TRUE(hangs("UPDATE t SET v = 'new'"));
  ASSERT_EQ(changes().size(), 1U);
  expect_new_row_in_what_is_asked_for();
}

TEST_F(HiddenCommits, BeforeASnapshotAreInItsRows) {
  sql("INSERT INTO t VALUES (1, 'old')");
  options_.policies.snapshot = true;
  start();
  hold_commits();
  ASSERT_TRUE(hangs("UPDATE t SET v = 'new'"));
  at_ = Position();
  std::map<std::int64_t, std::string> rows;
  release_during([&] { apply(changes(), rows); });
  EXPECT_EQ(rows[1], "new");
}

TEST_F(HiddenCommits, AreInTheRestOfASnapshotAfterARestart) {
  // Three pieces.
  sql("ALTER TABLE t ALTER v SET STORAGE EXTERNAL");
  sql("INSERT INTO t SELECT g, 'old' || repeat('x', 100000) FROM generate_series(1, 48) g");
  options_.policies.snapshot = true;
  start();
  std::map<std::int64_t, std::string> rows;
  const auto read_up_to = [&](std::size_t count) {
    while (rows.size() < count) {
      auto batch = source_->read({1, 1U << 20U}, Milliseconds(100), {});
      ASSERT_TRUE(batch) << batch.error().message;
      at_ = batch->position;
      apply(batch->changes, rows);
    }
  };
  read_up_to(1);
  hold_commits();
  ASSERT_TRUE(hangs("UPDATE t SET v = 'new' WHERE id = 40"));
  read_up_to(20);
  source_ = *adapter()->connect("a");
  release_during([&] { apply(changes(), rows); });
  EXPECT_EQ(rows.size(), 48U);
  EXPECT_EQ(rows[40], "new");
}

/// The types of columns and the key of a table are asked for, and are not there yet.
TEST_F(HiddenCommits, ThatMakeTypesAndKeysAreWaitedFor) {
  sql("ALTER TABLE t DROP CONSTRAINT t_pkey");
  sql("ALTER TABLE t REPLICA IDENTITY FULL");
  start();
  sql("BEGIN");
  sql("CREATE DOMAIN counted AS int");
  sql("ALTER TABLE t ADD c counted, ADD PRIMARY KEY (id)");
  sql("INSERT INTO t VALUES (1, 'new', 5)");
  sql("PREPARE TRANSACTION '" + name_ + "'");
  hold_commits();
  ASSERT_TRUE(hangs("COMMIT PREPARED '" + name_ + "'"));
  ASSERT_TRUE(source_->open(at_));
  Result<ChangeBatch> batch;
  const auto read = [&] { batch = source_->read({100, 1U << 20U}, Milliseconds(100), {}); };
  read();
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().name, "source.commit_not_visible");
  release();
  EXPECT_EQ(lines(),
            std::vector<std::string>{R"(public.t {"op":"insert","key":{"id":1},"before":null,)"
                                     R"("after":{"id":1,"v":"new","c":5}})"});
}

TEST_F(HiddenCommits, ATransactionThatIsLeftOpenIsNotWaitedFor) {
  sql("INSERT INTO t VALUES (1, 'old')");
  options_.policies.snapshot = true;
  start();
  sql("BEGIN");
  sql("INSERT INTO t VALUES (2, 'not yet')");
  EXPECT_EQ(changes().size(), 1U);
  sql("COMMIT");
  EXPECT_EQ(changes().size(), 1U);
}

TEST_F(HiddenCommits, AStopEndsTheWait) {
  options_.policies.snapshot = true;
  start();
  hold_commits();
  ASSERT_TRUE(hangs("INSERT INTO t VALUES (1, 'new')"));
  std::stop_source stop;
  Result<void> opened;
  {
    const std::jthread opener([&] { opened = source_->open(at_, stop.get_token()); });
    EXPECT_TRUE(rig::wait_until([&] { return looks_for_waits(); }));
    stop.request_stop();
  }
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().name, "source.stopped");
}

TEST_F(HiddenCommits, AStopEndsThatOfAPiece) {
  auto reader = std::make_shared<Server>(options_);
  ASSERT_TRUE(reader->link({}));
  const auto returned = std::make_shared<Returned>();
  returned->keep(true);
  testing::PgShell writer(server().address(name_));
  writer.ask("BEGIN");
  returned->add(static_cast<Xid>(number_in(writer.ask("SELECT pg_current_xact_id()").view(0, 0))));
  PgTables tables(reader, returned);
  std::stop_source stop;
  Result<sources::Piece> piece;
  {
    const std::jthread worker([&] {
      piece = tables.read({name_, "public", "t"}, {}, {}, {}, stop.get_token());
    });
    EXPECT_TRUE(rig::wait_until([&] { return some("query LIKE '%floor(extract%'"); }));
    stop.request_stop();
  }
  ASSERT_FALSE(piece);
  EXPECT_EQ(piece.error().name, "source.stopped");
}

}  // namespace
}  // namespace headwater::postgresql

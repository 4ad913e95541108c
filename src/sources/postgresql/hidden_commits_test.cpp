// Commits that wait for a synchronous standby: the log has them, and others do not see them.
#include <atomic>
#include <functional>
#include <map>
#include <thread>

#include "src/base/number_in.h"
#include "src/sources/postgresql/feed/pg_tables.h"
#include "src/sources/postgresql/feed_rig.h"
#include "testing/rig/waiting.h"

namespace headwater::postgresql {
namespace {

class HiddenCommits : public Feed {
 protected:
  HiddenCommits() {
    sql("CREATE TABLE t(id int PRIMARY KEY, v text)");
    sql("CREATE TABLE probe(id int)");
    options_.tables = {"t"};
  }
  ~HiddenCommits() override { release(); }

  /// From here on, no commit is visible until release(). The server takes notice of the setting
  /// when it likes to.
  void hold_commits() {
    sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    sql("SELECT pg_reload_conf()");
    while (!hangs("INSERT INTO probe VALUES (1)")) writer_.join();
    sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
    writer_.join();
  }
  /// Whether this commit waits now; else it is done.
  bool hangs(const std::string& statement) {
    written_ = false;
    writer_ = std::jthread([this, statement] {
      testing::PgShell(server().address(name_)).ask(statement);
      written_ = true;
    });
    EXPECT_TRUE(rig::wait_until([this] { return written_ || some("wait_event = 'SyncRep'"); }));
    return !written_;
  }
  void release() {
    sql("ALTER SYSTEM RESET synchronous_standby_names");
    sql("SELECT pg_reload_conf()");
    if (writer_.joinable()) writer_.join();
  }
  bool some(const std::string& sessions) {
    return sql("SELECT FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND " + sessions)
               .rows() > 0;
  }
  /// The commits are visible once `work` waits for them, or is over because it does not.
  void release_during(const std::function<void()>& work) {
    std::atomic<bool> over = false;
    const std::jthread worker([&] {
      work();
      over = true;
    });
    EXPECT_TRUE(rig::wait_until([&] { return over || looks_for_waits(); }));
    release();
  }
  bool looks_for_waits() { return some("query LIKE '%SyncRep%'"); }

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

  std::atomic<bool> written_ = false;
  std::jthread writer_;
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

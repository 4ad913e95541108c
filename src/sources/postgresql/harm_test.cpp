// What befalls a reader: nothing is lost or repeated, or an error has a name and the next command.
#include "src/sources/postgresql/feed/server.h"
#include "src/sources/postgresql/feed_rig.h"
#include "testing/rig/waiting.h"

namespace headwater::postgresql {
namespace {

class Harm : public Feed {
 protected:
  Harm() {
    sql("CREATE TABLE t(id int PRIMARY KEY)");
    options_.tables = {"t"};
  }
  void insert(int id) { sql("INSERT INTO t VALUES (" + std::to_string(id) + ")"); }
  /// As an administrator does it.
  void end_reader() {
    sql("SELECT pg_terminate_backend(active_pid, 60000) FROM pg_replication_slots "
        "WHERE active AND slot_name = '" +
        name_ + "'");
  }
  void drop_slot() {
    end_reader();
    sql("SELECT pg_drop_replication_slot('" + name_ + "')");
  }
  /// Reads until it fails, then opens again, and so on while that helps.
  Error final_error() {
    for (int reads = 0; reads < 5; ++reads) {
      auto batch = source_->read({10, 1'000}, Milliseconds(5'000), {});
      if (batch) {
        at_ = batch->position;
        continue;
      }
      auto opened = source_->open(at_);
      if (!opened) return opened.error();
      if (batch.error().remedy != Remedy::retry) return batch.error();
    }
    return {.name = "none", .message = "it goes on"};
  }
  void expect_end(const std::string& name, const std::string& next) {
    const Error error = final_error();
    EXPECT_EQ(error.name, name) << error.message;
    EXPECT_EQ(error.remedy, Remedy::stop) << error.message;
    EXPECT_NE(error.next.find(next), std::string::npos) << error.next;
  }
  /// Of the newest changes.
  std::vector<std::int64_t> ids() {
    std::vector<std::int64_t> all;
    for (const Change& change : changes()) {
      all.push_back(std::get<std::int64_t>(values_of(change.key)[0]));
    }
    return all;
  }
};

using Ids = std::vector<std::int64_t>;

TEST_F(Harm, TheSlotIsGivenUp) {
  start();
  insert(1);
  EXPECT_EQ(ids(), Ids{1});
  sql("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'");
  server().reload();
  for (int i = 2; i < 5; ++i) {
    insert(i);
    sql("SELECT pg_switch_wal()");
  }
  sql("CHECKPOINT");
  sql("ALTER SYSTEM RESET max_slot_wal_keep_size");
  server().reload();
  expect_end("source.history_lost", "max_slot_wal_keep_size");
  EXPECT_EQ(prepare_error(), "");
  expect_end("source.history_lost", "on_lost_position");
}

TEST_F(Harm, TheSlotIsDropped) {
  start();
  insert(1);
  EXPECT_EQ(ids(), Ids{1});
  drop_slot();
  expect_end("source.not_prepared", "headwater init");
  // Nothing was committed meanwhile.
  EXPECT_EQ(prepare_error(), "");
  insert(2);
  EXPECT_EQ(ids(), Ids{2});
  drop_slot();
  insert(3);
  EXPECT_EQ(prepare_error(), "");
  expect_end("source.history_lost", "on_lost_position");
}

TEST_F(Harm, ThePublicationIsDropped) {
  start();
  sql("DROP PUBLICATION " + name_);
  insert(1);
  expect_end("source.no_publication", "make the publication again");
}

TEST_F(Harm, ThePublicationIsMadeAgainTooLate) {
  start();
  sql("DROP PUBLICATION " + name_);
  insert(1);
  EXPECT_EQ(prepare_error(), "");
  const std::string drop = "SELECT pg_drop_replication_slot('" + name_ + "')";
  expect_end("source.no_publication", drop);
  source_->close();
  sql(drop);
  EXPECT_EQ(prepare_error(), "");
  expect_end("source.history_lost", "on_lost_position");
}

TEST_F(Harm, TheDatabaseIsDropped) {
  start();
  insert(1);
  EXPECT_EQ(ids(), Ids{1});
  shell_.reset();
  rig::drop_database(server(), name_);
  expect_end("source.no_such_database", "correct the database");
  testing::PgShell(server().address()).ask("CREATE DATABASE " + name_);
}

TEST_F(Harm, TheUserMayNotReplicateAnyMore) {
  sql("CREATE ROLE " + name_ + " LOGIN REPLICATION");
  sql("GRANT CREATE ON DATABASE " + name_ + " TO " + name_);
  sql("ALTER TABLE t OWNER TO " + name_);
  options_.uri += " user=" + name_;
  start();
  insert(1);
  EXPECT_EQ(ids(), Ids{1});
  sql("ALTER ROLE " + name_ + " NOREPLICATION");
  end_reader();
  const std::string mend = "ALTER ROLE " + quote_name(name_) + " REPLICATION";
  expect_end("source.unauthorized", mend);
  sql(mend);
  insert(2);
  EXPECT_EQ(ids(), Ids{2});
  source_.reset();
  sql("REASSIGN OWNED BY " + name_ + " TO postgres");
  sql("DROP OWNED BY " + name_);
  sql("DROP ROLE " + name_);
}

/// Its changes are read after it is gone, with what it was made of.
TEST_F(Harm, ATableIsDropped) {
  sql("CREATE DOMAIN cents AS int8");
  sql("CREATE TYPE mood AS ENUM ('sad')");
  sql("CREATE TABLE gone(id cents PRIMARY KEY, m mood)");
  options_.tables = {"t", "gone"};
  start();
  sql("INSERT INTO gone VALUES (1, 'sad')");
  sql("DROP TABLE gone");
  sql("DROP TYPE mood");
  insert(2);
  EXPECT_EQ(
      lines(),
      (std::vector<std::string>{
          R"(public.gone {"op":"insert","key":{"id":1},"before":null,"after":{"id":1,"m":"sad"}})",
          R"(public.t {"op":"insert","key":{"id":2},"before":null,"after":{"id":2}})"}));
}

TEST_F(Harm, IdleSessionsAreEnded) {
  sql("ALTER DATABASE " + name_ + " SET idle_session_timeout = '1ms'");
  start();
  insert(1);
  EXPECT_EQ(ids(), Ids{1});
  EXPECT_TRUE(source_->until_loss(at_));
  insert(2);
  EXPECT_EQ(ids(), Ids{2});
}

/// The server frees the slot of a reader that hangs.
TEST_F(Harm, NobodyReads) {
  options_.reader_timeout = Milliseconds(1'000);
  start();
  insert(1);
  EXPECT_EQ(ids(), Ids{1});
  insert(2);
  EXPECT_TRUE(rig::wait_until([this] {
    return sql("SELECT FROM pg_replication_slots WHERE active AND slot_name = '" + name_ + "'")
               .rows() == 0;
  }));
  const auto batch = source_->read({10, 1'000}, Milliseconds(60'000), {});
  if (!batch) {
    EXPECT_EQ(batch.error().remedy, Remedy::retry) << batch.error().message;
    EXPECT_EQ(ids(), Ids{2});
  } else {
    EXPECT_EQ(batch->changes.size(), 1U);
  }
}

/// In the middle of a failover, the two connections of a source might be to two servers.
TEST_F(Harm, TheUriLeadsToAnotherServer) {
  rig::PostgresServer first(rig::shared_postgres_settings());
  const std::string ports = std::to_string(first.port()) + "," + std::to_string(server().port());
  options_.uri = "host=127.0.0.1,127.0.0.1 user=postgres dbname=postgres port=" + ports;
  Server reader(options_);
  ASSERT_TRUE(reader.link({}));
  ASSERT_TRUE(reader.ask("SELECT 1"));
  first.stop();
  ASSERT_FALSE(reader.ask("SELECT 1"));
  const auto asked = reader.ask("SELECT 1");
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().remedy, Remedy::retry);
  EXPECT_NE(asked.error().message.find(std::to_string(server().port())), std::string::npos)
      << asked.error().message;
  ASSERT_TRUE(reader.link({}));
  EXPECT_TRUE(reader.ask("SELECT 1"));
}

}  // namespace
}  // namespace headwater::postgresql

// What init, check and remove do, and what befalls a reader.
#include <thread>

#include "src/sources/postgresql/feed/position.h"
#include "src/sources/postgresql/feed_rig.h"
#include "testing/rig/waiting.h"

namespace headwater::postgresql {
namespace {

std::string problems(const Report& report) {
  std::string all;
  for (const Finding& finding : report) {
    if (finding.kind != Finding::Kind::ok) all += finding.what + " | " + finding.next + "\n";
  }
  return all;
}

TEST_F(Feed, ATableThatWouldBreakForItsUsersIsRefused) {
  sql("CREATE TABLE t(id int)");
  options_.tables = {"t"};
  EXPECT_EQ(prepare_error(), "source.no_replica_identity");
  EXPECT_NE(message_.find("ALTER TABLE public.t REPLICA IDENTITY FULL"), std::string::npos);
  EXPECT_EQ(sql("SELECT FROM pg_publication").rows(), 0);
  sql("INSERT INTO t VALUES (1)");
  sql("UPDATE t SET id = 2");
  sql("ALTER TABLE t REPLICA IDENTITY FULL");
  EXPECT_EQ(prepare_error(), "");
  sql("UPDATE t SET id = 3");
}

TEST_F(Feed, InitNamesWhomItWaitsFor) {
  sql("CREATE TABLE t(id int PRIMARY KEY)");
  options_.tables = {"t"};
  options_.init_patience = Milliseconds(200);
  testing::PgShell writer(server().address(name_) + " application_name=slowpoke");
  writer.ask("BEGIN");
  writer.ask("INSERT INTO t VALUES (1)");
  EXPECT_EQ(prepare_error(), "source.open_transactions");
  EXPECT_NE(message_.find("slowpoke"), std::string::npos) << message_;
  writer.ask("COMMIT");
  EXPECT_EQ(prepare_error(), "");
}

TEST_F(Feed, RemoveLeavesNothing) {
  sql("CREATE TABLE t(id int PRIMARY KEY)");
  options_.tables = {"t"};
  ASSERT_EQ(prepare_error(), "");
  auto removed = adapter()->remove("a");
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_EQ(sql("SELECT FROM pg_publication").rows(), 0);
  EXPECT_EQ(sql("SELECT FROM pg_replication_slots WHERE slot_name = '" + name_ + "'").rows(), 0);
  ASSERT_TRUE(adapter()->remove("a"));
}

TEST_F(Feed, CheckNamesWhatIsMissing) {
  sql("CREATE TABLE t(id int PRIMARY KEY, g int GENERATED ALWAYS AS (id) STORED)");
  options_.tables = {"t"};
  std::string found = problems(adapter()->check("a", std::nullopt));
  EXPECT_NE(found.find("there is no replication slot " + name_), std::string::npos) << found;
  EXPECT_NE(found.find("generated columns of public.t"), std::string::npos) << found;
  start();
  found = problems(adapter()->check("a", Tail{.position = at_}));
  EXPECT_EQ(found.find("init"), std::string::npos) << found;
  sql("CREATE ROLE " + name_ + " LOGIN");
  options_.uri = "host=127.0.0.1 port=" + std::to_string(server().port()) + " user=" + name_ +
                 " dbname=" + name_;
  found = problems(adapter()->check("a", std::nullopt));
  EXPECT_NE(found.find("REPLICATION"), std::string::npos) << found;
  sql("DROP ROLE " + name_);
}

TEST_F(Feed, TablesOfOneNameAreReadAgainByTheirSchemas) {
  sql("CREATE SCHEMA billing");
  sql("CREATE TABLE t(id int PRIMARY KEY)");
  sql("CREATE TABLE billing.t(id int PRIMARY KEY)");
  options_.tables = {"t", "billing.t"};
  start();
  const auto asked = [this](const std::string& table) {
    auto noted = adapter()->read_again("a", {.sequence = 1, .position = at_}, {table}, "");
    return noted ? std::string() : noted.error().message;
  };
  EXPECT_EQ(asked("billing.t"), "");
  EXPECT_EQ(asked("public.t"), "");
  EXPECT_NE(asked("t").find("several that are called t"), std::string::npos);
  EXPECT_NE(asked("biling.t").find("billing.t"), std::string::npos);
}

TEST_F(Feed, ATableThatIsNotThereIsNamed) {
  sql("CREATE TABLE orders(id int PRIMARY KEY)");
  options_.tables = {"ordres"};
  EXPECT_EQ(prepare_error(), "source.no_such_table");
  EXPECT_NE(message_.find("public.orders"), std::string::npos) << message_;
}

TEST_F(Feed, ATwoPhaseSlotIsRefused) {
  sql("CREATE TABLE t(id int PRIMARY KEY)");
  sql("SELECT pg_create_logical_replication_slot('" + name_ + "', 'pgoutput', false, true)");
  options_.tables = {"t"};
  EXPECT_EQ(prepare_error(), "source.wrong_slot");
}

TEST_F(Feed, ASlotHasOneReader) {
  sql("CREATE TABLE t(id int PRIMARY KEY)");
  options_.tables = {"t"};
  start();
  (void)changes();
  auto other = adapter()->connect("a");
  ASSERT_TRUE(other && (*other)->open(at_));
  // To look at the position disturbs nobody.
  const auto batch = (*other)->read({1, 1'000}, Milliseconds(0), {});
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().name, "source.slot_in_use") << batch.error().message;
  EXPECT_EQ(batch.error().remedy, Remedy::retry);
  source_->close();
  EXPECT_TRUE((*other)->read({1, 1'000}, Milliseconds(0), {}));
}

TEST_F(Feed, GoesOnAfterItsConnectionWasEnded) {
  sql("CREATE TABLE t(id int PRIMARY KEY)");
  options_.tables = {"t"};
  start();
  sql("INSERT INTO t VALUES (1)");
  EXPECT_EQ(changes().size(), 1U);
  sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '" +
      name_ + "'");
  sql("INSERT INTO t VALUES (2)");
  const auto failed_read = source_->read({10, 1'000}, Milliseconds(60'000), {});
  if (!failed_read) {
    EXPECT_EQ(failed_read.error().remedy, Remedy::retry) << failed_read.error().message;
  }
  EXPECT_EQ(changes().size(), 1U);
}

/// Otherwise a quiet table would keep the log of everybody else.
TEST_F(Feed, AnIdleRelayLetsTheSlotMove) {
  sql("CREATE TABLE t(id int PRIMARY KEY)");
  sql("CREATE TABLE other(id int)");
  options_.tables = {"t"};
  start();
  (void)changes();
  const auto lsn = [this] { return decode(at_)->at.lsn; };
  const auto before = lsn();
  sql("INSERT INTO other SELECT generate_series(1, 10000)");
  while (lsn() == before) {
    auto batch = source_->read({10, 1'000}, Milliseconds(60'000), {});
    ASSERT_TRUE(batch) << batch.error().message;
    EXPECT_TRUE(batch->changes.empty());
    at_ = batch->position;
  }
  ASSERT_TRUE(source_->release(
      Durable::confirmed_by_stream({.sequence = 1, .position = at_, .source = "any"})));
  const std::string confirmed = "SELECT confirmed_flush_lsn >= '" + text_of(lsn()) +
                                "'::pg_lsn FROM pg_replication_slots WHERE slot_name = '" + name_ +
                                "'";
  EXPECT_TRUE(rig::wait_until([&] {
    (void)source_->tend();
    return sql(confirmed).flag(0, 0);
  }));
}

/// A slot that is moved between open() and the first read would leave changes out silently.
TEST_F(Feed, ASlotThatSomebodyMovedIsNoticed) {
  sql("CREATE TABLE t(id int PRIMARY KEY)");
  options_.tables = {"t"};
  start();
  sql("INSERT INTO t VALUES (1)");
  sql("SELECT pg_replication_slot_advance('" + name_ + "', pg_current_wal_insert_lsn())");
  const auto batch = source_->read({10, 1'000}, Milliseconds(1'000), {});
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().name, "source.history_lost") << batch.error().message;
}

TEST_F(Feed, CountsDownToTheLossOfItsSlot) {
  sql("CREATE TABLE t(id int PRIMARY KEY)");
  options_.tables = {"t"};
  start();
  const auto bytes_left = [this] {
    const auto left = source_->until_loss(at_);
    EXPECT_TRUE(left) << left.error().message;
    return left ? left->bytes : std::nullopt;
  };
  EXPECT_EQ(bytes_left(), std::nullopt) << "the slot keeps everything";
  sql("ALTER SYSTEM SET max_slot_wal_keep_size = '1GB'");
  sql("SELECT pg_reload_conf()");
  EXPECT_TRUE(rig::wait_until([&] { return bytes_left().has_value(); }));
  const auto before = bytes_left();
  sql("SELECT pg_logical_emit_message(true, 'test', repeat('x', 100000))");
  const auto after = bytes_left();
  sql("ALTER SYSTEM RESET max_slot_wal_keep_size");
  sql("SELECT pg_reload_conf()");
  ASSERT_TRUE(before && after);
  EXPECT_LE(*before, 2ULL << 30U);
  EXPECT_GE(*before - *after, 100'000U);
}

TEST_F(Feed, AStopEndsTheReadingOfATable) {
  sql("CREATE TABLE t(id int PRIMARY KEY)");
  sql("INSERT INTO t VALUES (1)");
  options_.tables = {"t"};
  options_.policies.snapshot = true;
  start();
  sql("BEGIN");
  sql("LOCK TABLE t IN ACCESS EXCLUSIVE MODE");
  std::stop_source stop;
  Result<ChangeBatch> batch;
  {
    const std::jthread worker([&] {
      batch = source_->read({10, 1'000}, Milliseconds(60'000), stop.get_token());
    });
    EXPECT_TRUE(rig::wait_until([this] {
      return sql("SELECT FROM pg_locks WHERE NOT granted AND relation = 't'::regclass").rows() > 0;
    }));
    stop.request_stop();
  }
  sql("COMMIT");
  ASSERT_TRUE(batch) << batch.error().message;
  EXPECT_TRUE(batch->changes.empty());
  // The row is still to come.
  EXPECT_EQ(changes().size(), 1U);
}

TEST_F(Feed, WaitsForAWrite) {
  sql("CREATE TABLE t(id int PRIMARY KEY)");
  options_.tables = {"t"};
  start();
  sql("INSERT INTO t VALUES (1)");
  const std::string write = sql("SELECT pg_current_wal_insert_lsn()").text(0, 0);
  EXPECT_EQ(adapter()->includes("a", at_, write), false);
  EXPECT_EQ(changes().size(), 1U);
  EXPECT_EQ(adapter()->includes("a", at_, write), true);
  EXPECT_FALSE(adapter()->includes("a", at_, "4711"));
}

}  // namespace
}  // namespace headwater::postgresql

#include <gtest/gtest.h>
#include <headwater/inbox/postgresql.h>

#include <csignal>
#include <thread>

#include "src/inbox/postgresql/shared_server.h"
#include "src/inbox/postgresql/test_connection.h"
#include "src/inbox/shared/pieces.h"
#include "testing/contract/inbox_errors.h"

namespace headwater::testing {
namespace {

using client::PostgresInbox;
using client::Remedy;

/// Each case has a schema of its own.
class PostgresInboxErrors : public ::testing::Test {
 protected:
  PostgresInboxErrors() { run("CREATE SCHEMA " + schema_); }

  PostgresConnection connect(const std::string& user = "postgres") const {
    auto connection = connect_postgres(shared_postgres().address() + " user=" + user);
    execute(connection.get(), "SET search_path = " + schema_);
    return connection;
  }
  std::vector<std::string> run(const std::string& sql) { return execute(connection_.get(), sql); }

  const client::InboxOptions options_{.consumer = "mail"};
  const std::string schema_ = new_table();
  PostgresConnection connection_ =
      connect_postgres(shared_postgres().address() + " options='-c search_path=" + schema_ + "'");
};

TEST_F(PostgresInboxErrors, CallsInsideAndOutsideATransaction) {
  auto inbox = PostgresInbox::open(connection_.get(), options_);
  ASSERT_TRUE(inbox) << inbox.error().message;
  expect_error(inbox->claim({}), "inbox.no_transaction", "outside", Remedy::stop);
  run("BEGIN");
  expect_error(inbox->forget_some(1), "inbox.in_transaction", "forget_some()", Remedy::stop);
  expect_error(PostgresInbox::open(connection_.get(), options_), "inbox.in_transaction", "open()",
               Remedy::stop);
}

TEST_F(PostgresInboxErrors, AMissingRight) {
  ASSERT_TRUE(PostgresInbox::open(connection_.get(), options_));
  run("CREATE ROLE " + schema_ + "_user LOGIN");
  run("GRANT USAGE ON SCHEMA " + schema_ + " TO " + schema_ + "_user");
  const auto other = connect(schema_ + "_user");
  expect_error(PostgresInbox::open(other.get(), options_), "inbox.denied", "permission denied",
               Remedy::stop);
  run("GRANT SELECT ON ALL TABLES IN SCHEMA " + schema_ + " TO " + schema_ + "_user");
  auto inbox = PostgresInbox::open(other.get(), options_);
  ASSERT_TRUE(inbox) << inbox.error().message;
  execute(other.get(), "BEGIN");
  const SampleEvents events(1, 1);
  expect_error(inbox->claim(events.all()), "inbox.denied", "permission denied", Remedy::stop);
  expect_error(inbox->claim(events.all()), "inbox.failed", "aborted", Remedy::stop);
  execute(other.get(), "ROLLBACK");
  // What docs/formats/inbox.md lists is enough.
  run("GRANT INSERT, UPDATE, DELETE ON " + schema_ + ".headwater_inbox TO " + schema_ + "_user");
  execute(other.get(), "BEGIN");
  EXPECT_TRUE(inbox->claim(events.all()));
  EXPECT_TRUE(inbox->claim(events.all()));
  execute(other.get(), "COMMIT");
  EXPECT_TRUE(inbox->forget_some(1));
}

TEST_F(PostgresInboxErrors, AReadOnlyDatabase) {
  run("SET default_transaction_read_only = on");
  expect_error(PostgresInbox::open(connection_.get(), options_), "inbox.read_only", "read-only",
               Remedy::retry);
  EXPECT_EQ(PQtransactionStatus(connection_.get()), PQTRANS_IDLE);
}

TEST_F(PostgresInboxErrors, TransactionsThatCannotBeSerialized) {
  auto inbox = PostgresInbox::open(connection_.get(), options_);
  ASSERT_TRUE(inbox);
  run("BEGIN ISOLATION LEVEL REPEATABLE READ");
  run("SELECT 1 FROM headwater_inbox");
  const auto other = connect();
  auto others = PostgresInbox::open(other.get(), options_);
  ASSERT_TRUE(others);
  const SampleEvents events(1, 1);
  execute(other.get(), "BEGIN");
  ASSERT_TRUE(others->claim(events.all()));
  execute(other.get(), "COMMIT");
  expect_error(inbox->claim(events.all()), "inbox.busy", "serialize", Remedy::retry);
}

TEST_F(PostgresInboxErrors, ForgettingWaitsForNobody) {
  auto inbox = PostgresInbox::open(connection_.get(), options_);
  ASSERT_TRUE(inbox);
  const SampleEvents events(1, 2);
  run("BEGIN");
  ASSERT_TRUE(inbox->claim(events.all()));
  run("COMMIT");
  run("UPDATE headwater_inbox SET claimed_at = claimed_at - interval '30 days'");
  const auto other = connect();
  execute(other.get(), "BEGIN");
  execute(other.get(), "SELECT 1 FROM headwater_inbox WHERE sequence = 1 FOR UPDATE");
  run("SET lock_timeout = '60s'");
  ASSERT_TRUE(inbox->forget_some(2));
  EXPECT_EQ(run("SELECT sequence FROM headwater_inbox"), std::vector<std::string>{"1"});
}

TEST_F(PostgresInboxErrors, ForgettingGoesOnWhileThereAreOldIds) {
  auto inbox = PostgresInbox::open(connection_.get(), options_);
  ASSERT_TRUE(inbox);
  const SampleEvents events(1, 5'000);
  run("BEGIN");
  ASSERT_TRUE(inbox->claim(events.all()));
  run("COMMIT");
  run("UPDATE headwater_inbox SET claimed_at = claimed_at - interval '30 days'");
  // Without what the update has left where the rows were.
  run("VACUUM FULL headwater_inbox");
  ASSERT_TRUE(client::inbox::forget_after(*inbox, 5'000, 20'000));
  EXPECT_EQ(run("SELECT count(*) FROM headwater_inbox"), std::vector<std::string>{"0"});
}

TEST_F(PostgresInboxErrors, TwoOpenANewInboxAtOnce) {
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      const auto connection = connect();
      auto inbox = PostgresInbox::open(connection.get(), options_);
      EXPECT_TRUE(inbox) << inbox.error().message;
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST_F(PostgresInboxErrors, ALostConnection) {
  auto inbox = PostgresInbox::open(connection_.get(), options_);
  ASSERT_TRUE(inbox);
  run("BEGIN");
  const auto other = connect();
  execute(other.get(),
          "SELECT pg_terminate_backend(" + std::to_string(PQbackendPID(connection_.get())) + ")");
  const SampleEvents events(1, 1);
  expect_error(inbox->claim(events.all()), "inbox.connection_lost", "terminat", Remedy::retry);
}

TEST_F(PostgresInboxErrors, ATableWithoutAPrimaryKey) {
  ASSERT_TRUE(PostgresInbox::open(connection_.get(), options_));
  run("ALTER TABLE headwater_inbox DROP CONSTRAINT headwater_inbox_pkey");
  expect_error(PostgresInbox::open(connection_.get(), options_), "inbox.other_shape", "primary key",
               Remedy::stop);
}

}  // namespace
}  // namespace headwater::testing

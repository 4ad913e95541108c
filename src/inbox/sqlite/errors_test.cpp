#include <gtest/gtest.h>
#include <headwater/inbox/sqlite.h>

#include "src/inbox/sqlite/test_connection.h"
#include "testing/contract/inbox_errors.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::testing {
namespace {

const client::InboxOptions options{.consumer = "mail"};

class SqliteInboxErrors : public ::testing::Test {
 protected:
  rig::TemporaryFolder folder_;
  const std::string file_ = folder_ / "consumer.db";
  SqliteDatabase database_ = connect_sqlite(file_);
};

TEST_F(SqliteInboxErrors, CallsInsideAndOutsideATransaction) {
  auto inbox = client::SqliteInbox::open(database_.get(), options);
  ASSERT_TRUE(inbox);
  expect_error(inbox->claim({}), "inbox.no_transaction", "outside", client::Remedy::stop);
  execute(database_.get(), "BEGIN");
  expect_error(inbox->forget_some(1), "inbox.in_transaction", "forget_some()",
               client::Remedy::stop);
  expect_error(client::SqliteInbox::open(database_.get(), options), "inbox.in_transaction",
               "open()", client::Remedy::stop);
}

TEST_F(SqliteInboxErrors, ALockedDatabaseIsBusy) {
  auto inbox = client::SqliteInbox::open(database_.get(), options);
  ASSERT_TRUE(inbox);
  const auto other = connect_sqlite(file_);
  execute(other.get(), "BEGIN IMMEDIATE");
  sqlite3_busy_timeout(database_.get(), 0);
  execute(database_.get(), "BEGIN");
  const SampleEvents events(1, 1);
  expect_error(inbox->claim(events.all()), "inbox.busy", "locked", client::Remedy::retry);
}

TEST_F(SqliteInboxErrors, AReadOnlyDatabase) {
  execute(database_.get(), "PRAGMA query_only = 1");
  expect_error(client::SqliteInbox::open(database_.get(), options), "inbox.read_only", "readonly",
               client::Remedy::retry);
}

TEST_F(SqliteInboxErrors, AFullDisk) {
  auto inbox = client::SqliteInbox::open(database_.get(), options);
  ASSERT_TRUE(inbox);
  execute(database_.get(), "PRAGMA max_page_count = 1");
  execute(database_.get(), "BEGIN");
  const SampleEvents events(1, 10'000);
  expect_error(inbox->claim(events.all()), "inbox.full", "full", client::Remedy::retry);
  if (sqlite3_get_autocommit(database_.get()) == 0) execute(database_.get(), "ROLLBACK");
}

TEST_F(SqliteInboxErrors, NamesThatATableOrConsumerCannotHave) {
  for (const std::string& table : {std::string(), std::string("a b"), std::string("a\"b"),
                                   std::string("{a}"), std::string(51, 'a')}) {
    auto opened = client::SqliteInbox::open(database_.get(), {.consumer = "mail", .table = table});
    ASSERT_FALSE(opened) << table;
    EXPECT_EQ(opened.error().name, "inbox.bad_options") << table;
  }
  expect_error(client::SqliteInbox::open(database_.get(), {}), "inbox.bad_options", "consumer",
               client::Remedy::stop);
  expect_error(client::SqliteInbox::open(database_.get(), {.consumer = std::string(201, 'c')}),
               "inbox.bad_options", "consumer", client::Remedy::stop);
}

TEST_F(SqliteInboxErrors, ConsumersHaveAnyName) {
  const client::InboxOptions quoted{.consumer = "it's \"mail\""};
  ASSERT_TRUE(client::SqliteInbox::open(database_.get(), quoted));
  ASSERT_TRUE(client::SqliteInbox::open(database_.get(), quoted));
  expect_error(client::SqliteInbox::open(database_.get(), options), "inbox.other_consumer",
               quoted.consumer, client::Remedy::stop);
}

TEST_F(SqliteInboxErrors, ATableOfAnotherFormat) {
  ASSERT_TRUE(client::SqliteInbox::open(database_.get(), options));
  execute(database_.get(), "UPDATE headwater_inbox_meta SET format = 2");
  expect_error(client::SqliteInbox::open(database_.get(), options), "inbox.other_shape",
               "format '2'", client::Remedy::stop);
}

}  // namespace
}  // namespace headwater::testing

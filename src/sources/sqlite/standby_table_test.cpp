// The sync documents of a real SQLite database.
#include "src/sources/sqlite/standby_table.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "src/sources/shared/sync_suite.h"
#include "src/sqlite/database.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::sources {
namespace {

using sqlite::Database;

class SqliteRig final : public SyncRig {
 public:
  SqliteRig() { run("CREATE TABLE orders(id INTEGER PRIMARY KEY)"); }

  std::unique_ptr<SyncPlace> place() override { return sqlite::make_standby_table(path()); }
  void write_nonsense(const std::string& relay) override {
    run("INSERT OR REPLACE INTO _headwater_standby VALUES (" + sqlite::quote_text(relay) +
        ", x'00', 'soon')");
  }
  void run(const std::string& sql) {
    auto database = Database::open(path(), sqlite::Open::create, Origin::source);
    ASSERT_TRUE(database) << database.error().message;
    const auto done = database->execute(sql);
    ASSERT_TRUE(done) << done.error().message;
  }
  [[nodiscard]] std::string path() const { return folder_ / "shop.db"; }

 private:
  rig::TemporaryFolder folder_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, SyncDocuments,
                         ::testing::Values([] { return std::make_unique<SqliteRig>(); }));

class StandbyTable : public ::testing::Test {
 protected:
  SqliteRig rig_;
  SystemClock clock_;
  std::unique_ptr<HintAdapter> adapter_ =
      make_sync_document(sqlite::make_standby_table(rig_.path()), Milliseconds(3'000));
};

TEST_F(StandbyTable, HasToBePrepared) {
  const auto claim = adapter_->open("orders", clock_)->claim({});
  ASSERT_FALSE(claim);
  EXPECT_EQ(claim.error().name, "hint.not_prepared");
  EXPECT_EQ(claim.error().next, "headwater init -c FILE");
}

TEST_F(StandbyTable, GoesWithTheLastRelay) {
  ASSERT_TRUE(adapter_->prepare("orders"));
  ASSERT_TRUE(adapter_->remove("orders"));
  auto database = Database::open(rig_.path(), sqlite::Open::read_only, Origin::source);
  ASSERT_TRUE(database);
  EXPECT_EQ(database->integer("SELECT count(*) FROM sqlite_schema").value(), 1);
}

TEST_F(StandbyTable, LeavesAnotherProgramsTableAlone) {
  rig_.run("CREATE TABLE _headwater_standby(mine TEXT)");
  const auto prepared = adapter_->prepare("orders");
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().name, "source.name_taken");
  EXPECT_FALSE(adapter_->remove("orders"));
  auto database = Database::open(rig_.path(), sqlite::Open::read_write, Origin::source);
  ASSERT_TRUE(database);
  EXPECT_TRUE(sqlite::drop_standby_table(*database));
  EXPECT_TRUE(database->execute("SELECT mine FROM _headwater_standby"));
}

/// Then the claim is renewed the next time.
TEST_F(StandbyTable, DoesNotWaitLongForAWriter) {
  ASSERT_TRUE(adapter_->prepare("orders"));
  auto writer = Database::open(rig_.path(), sqlite::Open::read_write, Origin::source);
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->execute("BEGIN IMMEDIATE"));
  const auto hint = adapter_->open("orders", clock_);
  const auto claim = hint->claim({});
  ASSERT_FALSE(claim);
  EXPECT_EQ(claim.error().remedy, Remedy::retry);
  ASSERT_TRUE(writer->execute("COMMIT"));
  EXPECT_EQ(hint->claim({}).value(), Claim::ours);
}

}  // namespace
}  // namespace headwater::sources

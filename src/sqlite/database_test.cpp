#include "src/sqlite/database.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace headwater::sqlite {
namespace {

class DatabaseTest : public ::testing::Test {
 protected:
  DatabaseTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "headwater-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~DatabaseTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }

 private:
  std::filesystem::path folder_;
};

TEST_F(DatabaseTest, ValuesAreReadByteForByte) {
  auto database = Database::open(path("a.db"), Open::create, Origin::source);
  ASSERT_TRUE(database);
  ASSERT_TRUE(database->execute("CREATE TABLE t(a, b, c, d, e)"));
  const std::string text("a\0b\xff", 4);
  const std::string blob("\0\1\2", 3);
  auto insert = database->prepare("INSERT INTO t VALUES (?, ?, ?, ?, ?)");
  ASSERT_TRUE(insert);
  insert->bind(0, INT64_MIN).bind_real(1, 0.1).bind_text(2, text).bind_blob(3, blob).bind_null(4);
  ASSERT_TRUE(insert->run());
  auto select = database->prepare("SELECT * FROM t");
  ASSERT_TRUE(select);
  ASSERT_TRUE(*select->step());
  EXPECT_EQ(select->integer(0), INT64_MIN);
  EXPECT_EQ(select->real(1), 0.1);
  EXPECT_EQ(select->bytes(2), text);
  EXPECT_EQ(select->type(3), SQLITE_BLOB);
  EXPECT_EQ(select->bytes(3), blob);
  EXPECT_TRUE(select->is_null(4));
  EXPECT_FALSE(*select->step());
}

TEST_F(DatabaseTest, EmptyTextAndBlobAreNotNull) {
  auto database = Database::open(path("a.db"), Open::create, Origin::source);
  ASSERT_TRUE(database);
  auto select = database->prepare("SELECT typeof(?1), typeof(?2)");
  ASSERT_TRUE(select);
  select->bind_text(0, std::string_view()).bind_blob(1, std::string_view());
  ASSERT_TRUE(*select->step());
  EXPECT_EQ(select->bytes(0), "text");
  EXPECT_EQ(select->bytes(1), "blob");
}

TEST_F(DatabaseTest, ReportsAMissingFile) {
  auto database = Database::open(path("none.db"), Open::read_write, Origin::source);
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().name, "source.cannot_open");
  EXPECT_EQ(database.error().remedy, Remedy::stop);
  EXPECT_NE(database.error().message.find("none.db"), std::string::npos);
  EXPECT_NE(database.error().next.find("none.db"), std::string::npos);
}

TEST_F(DatabaseTest, ReportsAFileThatIsNotADatabase) {
  std::ofstream(path("text.db")) << std::string(4096, 'x');
  auto database = Database::open(path("text.db"), Open::read_write, Origin::stream);
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().name, "stream.not_a_database");
}

TEST_F(DatabaseTest, TransactionRollsBackWhenItsBodyFails) {
  auto database = Database::open(path("a.db"), Open::create, Origin::source);
  ASSERT_TRUE(database);
  ASSERT_TRUE(database->execute("CREATE TABLE t(a)"));
  auto result = database->transaction("IMMEDIATE", [&]() -> Result<void> {
    if (auto done = database->execute("INSERT INTO t VALUES (1)"); !done) return done;
    return fail(Error{.name = "test.refused"});
  });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().name, "test.refused");
  EXPECT_EQ(*database->integer("SELECT count(*) FROM t"), 0);
  EXPECT_TRUE(
      database->transaction("", [&] { return database->execute("INSERT INTO t VALUES (1)"); }));
  EXPECT_EQ(*database->integer("SELECT count(*) FROM t"), 1);
}

TEST_F(DatabaseTest, LockHeldByAnotherIsRetry) {
  auto one = Database::open(path("a.db"), Open::create, Origin::source);
  auto two = Database::open(path("a.db"), Open::read_write, Origin::source, Milliseconds(1));
  ASSERT_TRUE(one && two);
  ASSERT_TRUE(one->execute("BEGIN EXCLUSIVE"));
  auto refused = two->execute("CREATE TABLE t(a)");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().name, "source.locked");
  EXPECT_EQ(refused.error().remedy, Remedy::retry);
}

TEST_F(DatabaseTest, SyncsCommitsInEveryJournalMode) {
  for (const char* mode : {"WAL", "DELETE", "TRUNCATE", "PERSIST", "MEMORY", "OFF"}) {
    auto database = Database::open(path(std::string(mode) + ".db"), Open::create, Origin::source);
    ASSERT_TRUE(database);
    EXPECT_TRUE(database->sync_commits()) << mode << " before any page";
    ASSERT_TRUE(
        database->execute("PRAGMA journal_mode=" + std::string(mode) + "; CREATE TABLE t(a)"));
    EXPECT_TRUE(database->sync_commits()) << mode;
  }
}

TEST(Quote, DoublesTheMark) {
  EXPECT_EQ(quote_name("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(quote_text("it's"), "'it''s'");
}

TEST_F(DatabaseTest, DetectsMovedFiles) {
  const auto open_in = [&](const char* mode) {
    auto database = Database::open(path("a.db"), Open::create, Origin::source);
    EXPECT_TRUE(database);
    EXPECT_TRUE(database->execute(std::string("PRAGMA journal_mode=") + mode));
    EXPECT_TRUE(database->execute("CREATE TABLE IF NOT EXISTS t(a); INSERT INTO t VALUES(1)"));
    EXPECT_EQ(database->files(), Files::in_place);
    return std::move(*database);
  };
  for (const char* beside : {"a.db-wal", "a.db-shm"}) {
    auto database = open_in("WAL");
    EXPECT_TRUE(database.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
    EXPECT_EQ(database.files(), Files::in_place);
    std::filesystem::rename(path(beside), path("away"));
    EXPECT_EQ(database.files(), Files::torn) << beside;
    std::filesystem::copy_file(path("away"), path(beside));
    EXPECT_EQ(database.files(), Files::torn) << beside;
  }
  {
    auto database = open_in("WAL");
    EXPECT_TRUE(database.execute("PRAGMA journal_mode=DELETE"));  // removes the -wal
    EXPECT_EQ(database.files(), Files::in_place);
    EXPECT_TRUE(database.execute("PRAGMA journal_mode=WAL"));
    EXPECT_EQ(database.files(), Files::in_place);
  }
  auto database = open_in("DELETE");
  std::filesystem::remove(path("a.db"));
  EXPECT_EQ(database.files(), Files::moved);
}

}  // namespace
}  // namespace headwater::sqlite

#include <gmock/gmock.h>

#include "src/sources/sqlite/capture/capture_rig.h"

namespace headwater::sqlite {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class HealTest : public CaptureRig {
 protected:
  void capture(const std::string& sql) {
    write(sql);
    prepare_tables();
    EXPECT_THAT(heal(), IsEmpty());
  }
  std::vector<TaskRow> tasks() { return *load_tasks(ours(), 0); }
};

TEST_F(HealTest, LooksOnlyOnceWhileTheSchemaStays) {
  capture("CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
  write("INSERT INTO t VALUES (1, 'a')");
  const auto version = number("PRAGMA schema_version");
  EXPECT_THAT(heal(), IsEmpty());
  EXPECT_EQ(number("PRAGMA schema_version"), version);
  EXPECT_THAT(tasks(), IsEmpty());
}

TEST_F(HealTest, AddedColumnMakesANewShapeAndReadsAgain) {
  capture("CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
  write("ALTER TABLE t ADD COLUMN b DEFAULT 7; INSERT INTO t VALUES (1, 'x', 'y')");
  EXPECT_THAT(heal(), says("read again: the columns were changed"));
  EXPECT_THAT(heal(), IsEmpty());
  write("INSERT INTO t VALUES (2, 'x', 'y')");
  // Rows written before the healing are decoded by the shape they were written with.
  EXPECT_THAT(said(), ElementsAre("insert 1|'x'", "insert 2|'x'|'y'"));
  ASSERT_EQ(tasks().size(), 1U);
  EXPECT_EQ(tasks()[0].at, 1);
  EXPECT_FALSE(tasks()[0].relay);
}

TEST_F(HealTest, RenamedColumnKeepsItsOldNameInOldRows) {
  capture("CREATE TABLE t(id INTEGER PRIMARY KEY, a COLLATE NOCASE UNIQUE)");
  write("ALTER TABLE t RENAME COLUMN a TO b; INSERT INTO t VALUES (1, 'x')");
  EXPECT_THAT(heal(), says("the columns were changed"));
  write("INSERT OR REPLACE INTO t VALUES (2, 'X')");
  EXPECT_THAT(said(), ElementsAre("insert 1|'x'", "delete 1|'x'", "insert 2|'X'"));
  const auto shapes = *load_shapes(ours());
  EXPECT_THAT(*shapes[0].columns, ElementsAre("id", "a"));
  EXPECT_THAT(*shapes[1].columns, ElementsAre("id", "b"));
}

TEST_F(HealTest, DroppingACapturedColumnIsRefusedUntilTheTriggersAreDropped) {
  capture("CREATE TABLE t(id INTEGER PRIMARY KEY, a, b); INSERT INTO t VALUES (1, 'a', 'b')");
  EXPECT_THAT(try_write("ALTER TABLE t DROP COLUMN b"), HasSubstr("_headwater_1_"));
  // docs/formats/sqlite-log.md recommends this.
  std::string drops;
  for (const char* what : {"insert", "update", "delete", "guard_insert", "guard_update"}) {
    drops += "DROP TRIGGER _headwater_1_" + std::string(what) + ";";
  }
  write("BEGIN;" + drops + "ALTER TABLE t DROP COLUMN b; COMMIT");
  EXPECT_THAT(heal(), says("read again"));
  EXPECT_THAT(said(), ElementsAre("gap t, restated"));
  read_again("t");
  write("INSERT INTO t VALUES (2, 'c')");
  expect_fold_equals("t");
}

/// Tables that need what only their own program has.
TEST_F(HealTest, TablesOfAProgramsOwnFunctionsAndCollationsAreRenewed) {
  const auto length = [](sqlite3_context* context, int, sqlite3_value** values) {
    sqlite3_result_int(context, sqlite3_value_bytes(values[0]));
  };
  const auto compare = [](void*, int a, const void* left, int b, const void* right) {
    return std::string_view(static_cast<const char*>(left), static_cast<std::size_t>(a))
        .compare({static_cast<const char*>(right), static_cast<std::size_t>(b)});
  };
  sqlite3_create_function(writer().handle(), "mine", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                          length, nullptr, nullptr);
  sqlite3_create_collation(writer().handle(), "mine", SQLITE_UTF8, nullptr, compare);
  write(
      "CREATE TABLE checked(id INTEGER PRIMARY KEY, a CHECK (mine(a) < 9));"
      "CREATE TABLE computed(id INTEGER PRIMARY KEY, a, b AS (mine(a)) STORED);"
      "CREATE TABLE indexed(id INTEGER PRIMARY KEY, a); CREATE UNIQUE INDEX i ON indexed(mine(a));"
      "CREATE TABLE ordered(id INTEGER PRIMARY KEY, a COLLATE mine UNIQUE)");
  prepare_tables();
  EXPECT_THAT(heal(), IsEmpty());
  int id = 0;
  for (const std::string table : {"checked", "computed", "indexed", "ordered"}) {
    const auto works = [&] {
      EXPECT_THAT(heal(), says("table " + table + ": triggers renewed"));
      EXPECT_THAT(heal(), IsEmpty());
      EXPECT_TRUE(open());
      read_again(table);
      const auto head = *log_head(ours());
      const std::string a = "'" + std::string(static_cast<std::size_t>(++id), 'x') + "'";
      write("INSERT INTO " + table + "(id, a) VALUES (" + std::to_string(id) + ", " + a + ")");
      EXPECT_THAT(said(head), ElementsAre(HasSubstr("insert " + std::to_string(id) + "|" + a)));
      expect_fold_equals(table);
    };
    write("CREATE TRIGGER own_" + table + " AFTER INSERT ON " + table + " BEGIN SELECT 1; END");
    works();
    write("ALTER TABLE " + table + " ADD COLUMN z");
    works();
    id = 0;
  }
  for (const auto& row : log()) EXPECT_TRUE(row.op != LogCode::gap || row.restated) << row.table;
}

TEST_F(HealTest, DroppedTableIsSaid) {
  capture("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)");
  write("DROP TABLE t");
  EXPECT_THAT(heal(), says("table t was dropped"));
  EXPECT_THAT(heal(), IsEmpty());
  EXPECT_THAT(said(), ElementsAre("drop t"));
}

TEST_F(HealTest, TableMadeAnewIsReadAgain) {
  capture("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  write(
      "INSERT INTO t VALUES (1); DROP TABLE t; CREATE TABLE t(id INTEGER PRIMARY KEY);"
      "INSERT INTO t VALUES (2)");
  heal();
  EXPECT_THAT(said(), ElementsAre("insert 1", "gap t, restated"));
  ASSERT_EQ(tasks().size(), 1U);
  EXPECT_EQ(tasks()[0].at, 2);
  read_again("t");
  write("DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (3)");
  expect_fold_equals("t");
}

TEST_F(HealTest, TwelveStepMigrationIsReadAgain) {
  capture("CREATE TABLE t(id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 'a')");
  write(
      "BEGIN; CREATE TABLE new_t(id INTEGER PRIMARY KEY, a TEXT NOT NULL, b);"
      "INSERT INTO new_t SELECT id, a, 0 FROM t; DROP TABLE t; ALTER TABLE new_t RENAME TO t; "
      "COMMIT");
  heal();
  EXPECT_THAT(said(), ElementsAre("gap t, restated"));
  read_again("t");
  write("UPDATE t SET b = 1");
  expect_fold_equals("t");
}

TEST_F(HealTest, RenamedTableIsDroppedAndNewUnderItsNewName) {
  capture("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)");
  write("ALTER TABLE t RENAME TO u; INSERT INTO u VALUES (2)");
  const Report report = heal();
  EXPECT_THAT(report, says("table t was renamed to u"));
  EXPECT_THAT(report, says("table u: captured"));
  EXPECT_THAT(said(), ElementsAre("insert 2", "drop t"));
  ASSERT_EQ(tasks().size(), 1U);
  read_again("u");
  write("INSERT INTO u VALUES (3)");
  expect_fold_equals("u");
  EXPECT_THAT(heal(), IsEmpty());
}

TEST_F(HealTest, NewTablesAreCapturedWhenAllAre) {
  capture("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  write("CREATE TABLE u(a); INSERT INTO u VALUES (1); CREATE VIEW w AS SELECT * FROM u");
  EXPECT_THAT(heal(), says("table u: captured"));
  EXPECT_THAT(heal(), IsEmpty());
  ASSERT_EQ(tasks().size(), 1U);
  EXPECT_EQ(tasks()[0].reason, "the table is new");
}

TEST_F(HealTest, UniqueIndexMadeLaterIsAGapOnlyIfRowsWereWritten) {
  capture(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a); CREATE TABLE u(id INTEGER PRIMARY KEY, a);"
      "INSERT INTO t VALUES (1, 'a')");
  write(
      "CREATE UNIQUE INDEX ti ON t(a); CREATE UNIQUE INDEX ui ON u(a);"
      "INSERT OR REPLACE INTO t VALUES (2, 'a')");
  heal();
  EXPECT_THAT(said(), ElementsAre("insert 2|'a'", "gap t, restated"));
  read_again("t");
  write(
      "INSERT OR REPLACE INTO t VALUES (3, 'a'); INSERT INTO u VALUES (1, 'a');"
      "INSERT OR REPLACE INTO u VALUES (2, 'a')");
  expect_fold_equals("t");
  expect_fold_equals("u");
}

TEST_F(HealTest, DroppedTriggersAreMadeAgain) {
  capture("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  write("DROP TRIGGER _headwater_1_insert; INSERT INTO t VALUES (1)");
  EXPECT_THAT(heal(), says("triggers were dropped"));
  EXPECT_THAT(said(), ElementsAre("gap t, restated"));
  EXPECT_EQ(tasks().size(), 1U);
  EXPECT_EQ(load_shapes(ours())->size(), 1U);
}

TEST_F(HealTest, VacuumReadsTablesWithoutKeyAgain) {
  capture(
      "CREATE TABLE t(a); CREATE TABLE u(id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2)");
  write("DELETE FROM t WHERE a = 1; VACUUM");
  heal();
  EXPECT_THAT(said(), ElementsAre("delete 1|1", "gap t, restated"));
  read_again("t");
  write("UPDATE t SET a = 3");
  expect_fold_equals("t");
  EXPECT_THAT(heal(), IsEmpty());
}

TEST_F(HealTest, NullInTheKeyMakesTheRowidTheKey) {
  capture("CREATE TABLE t(k TEXT PRIMARY KEY, v); INSERT INTO t VALUES ('a', 1)");
  write("INSERT INTO t VALUES (NULL, 2), (NULL, 3)");
  EXPECT_THAT(heal(), says("the key was changed"));
  EXPECT_THAT(heal(), IsEmpty());
  read_again("t");
  write(
      "UPDATE t SET v = 4 WHERE k IS NULL; DELETE FROM t WHERE k = 'a'; DELETE FROM t WHERE v = 4");
  write("CREATE TABLE other(a)");
  heal();  // the NULLs are gone, and the key stays the same
  EXPECT_EQ(tasks().size(), 2U);
  expect_fold_equals("t");
}

TEST_F(HealTest, TwoRelaysHealOnce) {
  capture("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  auto other = open();
  Healer second(*other);
  ASSERT_TRUE(second.heal());
  write("ALTER TABLE t ADD COLUMN b");
  EXPECT_THAT(heal(), says("read again"));
  auto healed = second.heal();
  ASSERT_TRUE(healed);
  EXPECT_THAT(*healed, IsEmpty());
  EXPECT_EQ(tasks().size(), 1U);
  EXPECT_EQ(second.schema_version(), number("PRAGMA schema_version"));
}

TEST_F(HealTest, OurOwnTablesGoneIsAnErrorThatRemoveMends) {
  capture("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  write("DROP TABLE _headwater_log");
  Healer healer(ours());
  auto healed = healer.heal();
  ASSERT_FALSE(healed);
  EXPECT_EQ(healed.error().name, "source.log_damaged");
  ASSERT_TRUE(remove(ours(), "r"));
  EXPECT_EQ(number("SELECT count(*) FROM sqlite_schema"), 1);
  write("INSERT INTO t VALUES (1)");
  Healer again(ours());
  auto absent = again.heal();
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().name, "source.not_prepared");
}

TEST_F(HealTest, TableThatCanNoLongerBeCapturedIsAGap) {
  capture("CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
  write("DROP TABLE t; CREATE TABLE t(rowid, oid, _rowid_)");
  EXPECT_THAT(heal(), says("can no longer be captured"));
  EXPECT_THAT(said(), ElementsAre("gap t"));
}

}  // namespace
}  // namespace headwater::sqlite

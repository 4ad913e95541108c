// What the triggers write into the log.
#include <gmock/gmock.h>

#include "src/sources/sqlite/capture/capture_rig.h"
#include "src/sources/sqlite/capture/catalog.h"

namespace headwater::sqlite {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LoggedChangesTest : public CaptureRig {};

TEST_F(LoggedChangesTest, ReplacedRowsAreDeletedOnceWithAndWithoutRecursiveTriggers) {
  write("CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE, b COLLATE NOCASE UNIQUE)");
  prepare_tables();
  for (const char* mode : {"OFF", "ON"}) {
    write("PRAGMA recursive_triggers = " + std::string(mode));
    write("INSERT INTO t VALUES (1, 'x', 'p'), (2, 'y', 'q'), (3, 'z', 'r')");
    const auto head = *log_head(ours());
    write("INSERT OR REPLACE INTO t VALUES (1, 'y', 'R')");
    auto rows = said(head);
    ASSERT_EQ(rows.size(), 4U) << mode;
    EXPECT_EQ(rows.back(), "insert 1|'y'|'R'");
    std::sort(rows.begin(), rows.end());
    EXPECT_THAT(rows, ElementsAre("delete 1|'x'|'p'", "delete 2|'y'|'q'", "delete 3|'z'|'r'",
                                  "insert 1|'y'|'R'"));
    write("DELETE FROM t");
  }
}

TEST_F(LoggedChangesTest, RowThatMovesIntoAPartialIndexMayReplaceAnother) {
  write(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a, c); CREATE UNIQUE INDEX i ON t(a) WHERE c > 2;"
      "INSERT INTO t VALUES (1, 'x', 3), (2, 'x', 0)");
  prepare_tables();
  write("UPDATE OR REPLACE t SET c = 4 WHERE id = 2");
  EXPECT_THAT(said(), ElementsAre("delete 1|'x'|3", "update 2|'x'|0 -> 2|'x'|4"));
}

TEST_F(LoggedChangesTest, SaysNothingFalseOfConflictsThatReplaceNothing) {
  write("CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE); INSERT INTO t VALUES (1, 'x')");
  prepare_tables();
  write("INSERT OR IGNORE INTO t VALUES (1, 'y'), (2, 'x'), (3, 'z')");
  write("INSERT INTO t VALUES (1, 'n') ON CONFLICT DO NOTHING");
  write("INSERT INTO t VALUES (1, 'n') ON CONFLICT(id) DO UPDATE SET a = excluded.a");
  EXPECT_THAT(try_write("INSERT OR FAIL INTO t VALUES (4, 'w'), (1, 'v')"), HasSubstr("UNIQUE"));
  EXPECT_THAT(try_write("INSERT INTO t VALUES (5, 'w'), (1, 'v')"), HasSubstr("UNIQUE"));
  EXPECT_THAT(said(), ElementsAre("insert 3|'z'", "update 1|'x' -> 1|'n'", "insert 4|'w'"));
}

TEST_F(LoggedChangesTest, StashStaysSmall) {
  write("CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
  write(
      "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
      "INSERT INTO t SELECT i, 'a' FROM n");
  prepare_tables();
  write("INSERT INTO t SELECT id, 'b' FROM t WHERE true ON CONFLICT(id) DO UPDATE SET a = 'c'");
  write("INSERT OR IGNORE INTO t SELECT * FROM t");
  EXPECT_LE(number("SELECT count(*) FROM _headwater_stash"), 100);
  EXPECT_EQ(*log_head(ours()), 5000);
}

TEST_F(LoggedChangesTest, KeyThatChangesIsADeleteAndAnInsert) {
  write(
      "CREATE TABLE t(k TEXT COLLATE NOCASE PRIMARY KEY, v) WITHOUT ROWID;"
      "INSERT INTO t VALUES ('a', 1), ('b', 2)");
  prepare_tables();
  write(
      "UPDATE t SET k = 'A' WHERE k = 'a'; UPDATE t SET v = 3, k = 'b' WHERE k = 'b';"
      "UPDATE OR REPLACE t SET k = 'a' WHERE k = 'b'");
  EXPECT_THAT(said(), ElementsAre("delete 'a'|1", "insert 'A'|1", "update 'b'|2 -> 'b'|3",
                                  "delete 'A'|1", "delete 'b'|3", "insert 'a'|3"));
}

TEST_F(LoggedChangesTest, OthersTriggersOnTheSameRowComeOutInTheirOrder) {
  write(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, v, stamp);"
      "CREATE TRIGGER early AFTER UPDATE ON t WHEN new.stamp IS NULL BEGIN "
      "UPDATE t SET stamp = 'early' WHERE id = new.id; END; INSERT INTO t(id, v) VALUES (1, 'a')");
  prepare_tables();
  write("UPDATE t SET v = 'b'");
  EXPECT_THAT(said(),
              ElementsAre("update 1|'a'|null -> 1|'b'|null", "update 1|'b'|null -> 1|'b'|'early'"));
  write(
      "CREATE TRIGGER late AFTER INSERT ON t BEGIN UPDATE t SET v = 'late' WHERE id = new.id; END;"
      "INSERT INTO t(id, v, stamp) VALUES (2, 'c', 0)");
  read_again("t");
  EXPECT_THAT(heal(), says("table t: triggers renewed"));
  EXPECT_THAT(heal(), IsEmpty());
  const auto head = *log_head(ours());
  write("INSERT INTO t(id, v, stamp) VALUES (3, 'c', 0)");
  EXPECT_THAT(said(head), ElementsAre("insert 3|'c'|0", "update 3|'c'|0 -> 3|'late'|0"));
  expect_fold_equals("t");
}

TEST_F(LoggedChangesTest, WideTablesGoIntoTwoRowsAndTooWideOnesAreNamed) {
  const auto create = [&](const std::string& name, int columns) {
    std::string sql = "CREATE TABLE " + name + "(id INTEGER PRIMARY KEY";
    for (int i = 1; i < columns; ++i) sql += ", c" + std::to_string(i);
    write(sql + ")");
  };
  create("half", 998);
  create("wide", 1996);
  create("over", 1997);
  const Report report = prepare_tables();
  EXPECT_THAT(report, says("table over is not captured: it has 1997 columns"));
  for (const char* table : {"half", "wide"}) {
    write("INSERT INTO " + std::string(table) + "(id, c1) VALUES (1, 'a'), (2, 'b')");
    write("UPDATE " + std::string(table) + " SET c997 = 'z', id = id + 10 WHERE id = 1");
    write("UPDATE " + std::string(table) + " SET c1 = 'y'; DELETE FROM " + table + " WHERE id = 2");
    expect_fold_equals(table);
  }
}

}  // namespace
}  // namespace headwater::sqlite

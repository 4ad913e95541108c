// Indexes written in unusual ways, keys that hold NULLs, tables that cannot be captured, and the
// rows that a REPLACE removes because of them.
#include <gmock/gmock.h>

#include "src/sources/sqlite/capture/capture_rig.h"
#include "src/sources/sqlite/capture/log_tables.h"

namespace headwater::sqlite {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class OddTables : public CaptureRig {};

TEST_F(OddTables, ConditionOfAPartialIndexMayNameTheTable) {
  write(
      "CREATE TABLE orders(id INTEGER PRIMARY KEY, email, deleted, n);"
      "CREATE UNIQUE INDEX one ON orders(email) WHERE orders.deleted = 0;"
      "CREATE UNIQUE INDEX two ON orders(n) WHERE main.\"orders\" . deleted IS NULL AND rowid > 3;"
      "INSERT INTO orders VALUES (1, 'a', 0, 1), (2, 'b', 0, 2), (3, 'a', 1, 3), (4, 'd', NULL, "
      "4)");
  EXPECT_THAT(prepare_tables(), says("table orders: captured"));
  read_again("orders");
  write("INSERT OR REPLACE INTO orders VALUES (9, 'a', 0, 1)");
  write("INSERT OR REPLACE INTO orders(email, deleted, n) VALUES ('x', NULL, 4)");
  write("INSERT OR REPLACE INTO orders VALUES (10, 'a', 1, 2)");
  write("UPDATE OR REPLACE orders SET email = 'b' WHERE id = 9");
  expect_fold_equals("orders");
}

TEST_F(OddTables, DirectionNeedsNoBlank) {
  write(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a, \"desc\");"
      "CREATE UNIQUE INDEX u ON t(a||'x'DESC,\"desc\"ASC);"
      "CREATE UNIQUE INDEX v ON t((a || 'y') COLLATE NOCASE DESC) WHERE(\"desc\")IS NOT 3;"
      "INSERT INTO t VALUES (1, 'p', 1), (2, 'q', 1)");
  EXPECT_THAT(prepare_tables(), says("table t: captured"));
  read_again("t");
  write("INSERT OR REPLACE INTO t VALUES (7, 'p', 1), (8, 'Q', 5)");
  expect_fold_equals("t");
}

TEST_F(OddTables, CollationInsideAnExpressionIsNotThatOfTheIndex) {
  write(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a);"
      "CREATE UNIQUE INDEX u ON t('x' || a COLLATE NOCASE); INSERT INTO t VALUES (1, 'p')");
  EXPECT_THAT(prepare_tables(), says("table t: captured"));
  read_again("t");
  write("INSERT OR REPLACE INTO t VALUES (2, 'P'); INSERT OR REPLACE INTO t VALUES (3, 'p')");
  expect_fold_equals("t");
}

/// If "text" in an index is not a column, SQLite treats it as text. Another connection may have
/// that switched off and must still be able to write.
TEST_F(OddTables, TextInDoubleQuotesStaysTextForEverybody) {
  write(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b, \"c d\");"
      "CREATE UNIQUE INDEX u ON t(a || \"it's\" || \"c d\" || \"rowid\");"
      "CREATE UNIQUE INDEX v ON t(b) WHERE \"t\".\"b\" <> \"none\" AND \"rowid\" > 0;"
      "CREATE TABLE w(k TEXT PRIMARY KEY, a) WITHOUT ROWID;"
      "CREATE UNIQUE INDEX x ON w(a) WHERE a <> \"rowid\" COLLATE \"NOCASE\";"
      "INSERT INTO t VALUES (1, 'p', 'x', 1), (2, 'q', 'none', 1), (3, 'r', 'none', 1);"
      "INSERT INTO w VALUES ('a', 'rowid'), ('b', 'RowID'), ('c', 'd')");
  EXPECT_THAT(prepare_tables(),
              ::testing::AllOf(says("table t: captured"), says("table w: captured")));
  read_again("t");
  read_again("w");
  auto strict = open();
  sqlite3_db_config(strict->handle(), SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(strict->handle(), SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  for (const char* sql :
       {"INSERT OR REPLACE INTO t VALUES (7, 'p', 'y', 1)",
        "INSERT OR REPLACE INTO t VALUES (8, 's', 'y', 1)",
        "UPDATE OR REPLACE t SET b = 'none' WHERE id = 8", "DELETE FROM t WHERE id = 2",
        "INSERT OR REPLACE INTO w VALUES ('e', 'd'), ('f', 'ROWID')"}) {
    const auto done = strict->execute(sql);
    EXPECT_TRUE(done) << sql << ": " << done.error().message;
    expect_fold_equals("t", sql);
    expect_fold_equals("w", sql);
  }
}

TEST_F(OddTables, RowidThatLooksLikeOneNotYetChosen) {
  write(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a); CREATE UNIQUE INDEX u ON t(abs(id) + a);"
      "CREATE TABLE s(id INTEGER PRIMARY KEY AUTOINCREMENT, a);"
      "CREATE UNIQUE INDEX v ON s(id + a); CREATE UNIQUE INDEX w ON s(a) WHERE id < 0;"
      "INSERT INTO t VALUES (3, 5); INSERT INTO s VALUES (9, 0), (4, 7); DELETE FROM s WHERE id = "
      "9;"
      "INSERT INTO s VALUES (-3, 8)");
  prepare_tables();
  read_again("t");
  read_again("s");
  write("INSERT OR REPLACE INTO t VALUES (-1, 7)");         // 1 + 7 is 3 + 5
  write("INSERT OR REPLACE INTO t(a) VALUES (5 + 3 - 4)");  // the next is 4 if -1 is alone: 0 + 4
  expect_fold_equals("t");
  write("INSERT OR REPLACE INTO s(a) VALUES (1)");  // its id is 10, not 5: 10 + 1 is 4 + 7
  write("INSERT OR REPLACE INTO s VALUES (-1, 8)");
  expect_fold_equals("s");
}

TEST_F(OddTables, RowsThatATriggerMadeInTheSameStatementMayBeReplaced) {
  write(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE, n);"
      "CREATE TRIGGER b BEFORE INSERT ON t WHEN new.n = 6 BEGIN"
      " INSERT INTO t VALUES (new.id + 100, new.a, 0); END;"
      "CREATE TRIGGER c BEFORE UPDATE ON t WHEN new.n = 7 BEGIN"
      " INSERT OR REPLACE INTO t VALUES (old.id + 200, new.a, 0); END");
  prepare_tables();
  for (const char* mode : {"OFF", "ON"}) {
    write("PRAGMA recursive_triggers = " + std::string(mode));
    write("INSERT OR REPLACE INTO t VALUES (1, 'x', 6), (2, 'y', 6)");
    write("UPDATE OR REPLACE t SET a = a || 'z', n = 7");
    expect_fold_equals("t");
    EXPECT_EQ(number("SELECT count(*) FROM t WHERE id > 100"), 0);
    write("DELETE FROM t");
    expect_fold_equals("t");
  }
}

TEST_F(OddTables, TriggerBeforeThatIsMadeLaterPutsRowsInDoubt) {
  write("CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE, n)");
  prepare_tables();
  EXPECT_THAT(heal(), IsEmpty());
  write(
      "CREATE TRIGGER b INSERT ON t WHEN new.n = 6 BEGIN"
      " INSERT INTO t VALUES (new.id + 100, new.a, 0); END;"
      "INSERT OR REPLACE INTO t VALUES (1, 'x', 6)");
  EXPECT_THAT(heal(), says("read again: a trigger was added"));
  read_again("t");
  write("INSERT OR REPLACE INTO t VALUES (2, 'x', 6)");
  expect_fold_equals("t");
  EXPECT_THAT(heal(), IsEmpty());
}

TEST_F(OddTables, WhatCannotBeCapturedIsNamedAlone) {
  write(
      "CREATE TABLE good(a); CREATE TABLE bad(rowid, oid, _rowid_); CREATE VIEW v AS SELECT 1;"
      "CREATE TABLE old(a, b); CREATE UNIQUE INDEX i ON old(a) WHERE old.b = 1");
  const Report report = prepare_tables();
  EXPECT_THAT(report, says("table good: captured"));
  const auto problem = [](const std::string& what) {
    return Contains(::testing::AllOf(Field(&Finding::kind, Finding::Kind::problem),
                                     Field(&Finding::what, HasSubstr(what)),
                                     Field(&Finding::next, HasSubstr("allow_uncaptured"))));
  };
  EXPECT_THAT(report, problem("table bad is not captured"));
  EXPECT_THAT(report, problem("table old is not captured"));
  EXPECT_THAT(report, Not(problem("v is not captured")));
  EXPECT_THAT(inspect(ours(), {.relay = "r"}), problem("table bad is not captured"));
  write("INSERT INTO good VALUES (1); INSERT INTO bad VALUES (1, 2, 3)");
  EXPECT_THAT(said(), ElementsAre("insert 1|1"));

  const CaptureRequest allowing{.relay = "r", .allow_uncaptured = {"BAD", "old"}};
  auto again = prepare(ours(), allowing);
  ASSERT_TRUE(again);
  for (const auto& finding : *again)
    EXPECT_NE(finding.kind, Finding::Kind::problem) << finding.what;
  for (const auto& finding : inspect(ours(), allowing)) {
    EXPECT_NE(finding.kind, Finding::Kind::problem) << finding.what;
  }
}

TEST_F(OddTables, WhatComputesWithARowidYetToBeChosenIsNotCapturedWhereItCannotBeForeseen) {
  write(
      "CREATE TABLE digit(id INTEGER PRIMARY KEY, v, d AS (id % 10) UNIQUE);"
      "CREATE TABLE twice(id INTEGER PRIMARY KEY, v, d AS (abs(id)) STORED, e AS (d % 10));"
      "CREATE UNIQUE INDEX twice_e ON twice(v) WHERE e > 3;"
      "CREATE TABLE used(id INTEGER PRIMARY KEY, v); CREATE UNIQUE INDEX used_i ON used(id % 10);"
      "CREATE TRIGGER takes BEFORE INSERT ON used WHEN new.v = 1 BEGIN INSERT INTO used(v) VALUES "
      "(0); END;"
      "CREATE TABLE low(id INTEGER PRIMARY KEY, v, l AS (CAST(lower(v) AS TEXT)) UNIQUE);"
      "CREATE TABLE plain(id INTEGER PRIMARY KEY, v, d AS (id % 10))");
  const Report report = prepare_tables();
  for (const std::string table : {"digit", "twice", "used"}) {
    EXPECT_THAT(report, says("table " + table + " is not captured: a unique index of it"));
  }
  for (const std::string table : {"low", "plain"}) {
    EXPECT_THAT(report, says("table " + table + ": captured"));
    write("INSERT INTO " + table + "(v) VALUES ('A'), ('B')");
    write("INSERT OR REPLACE INTO " + table + "(v) VALUES ('a')");
    expect_fold_equals(table);
  }
}

TEST_F(OddTables, NullsInAKeyOfSeveralColumnsAreFound) {
  write(
      "CREATE TABLE t(a, b, n, PRIMARY KEY(a, b)); CREATE TABLE u(a, b, n, PRIMARY KEY(a, b));"
      "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000) "
      "INSERT INTO t SELECT i, nullif(i, 8999), i FROM n; INSERT INTO u SELECT n, n, n FROM t");
  const Report report = prepare_tables();
  EXPECT_THAT(report, says("table t: captured (3 columns, key rowid)"));
  EXPECT_THAT(report, says("table u: captured (3 columns, key a, b)"));
  EXPECT_THAT(heal(), IsEmpty());
  write("UPDATE u SET b = NULL WHERE a = 1");
  EXPECT_THAT(heal(), says("table u: triggers renewed (3 columns, key rowid)"));
  EXPECT_THAT(heal(), IsEmpty());
}

/// As if init had been interrupted after the triggers, and a NULL had come just before them.
TEST_F(OddTables, NullsThatNoTriggerSawAreFoundByTheNextStart) {
  write("CREATE TABLE t(a, b, PRIMARY KEY(a, b)); INSERT INTO t VALUES (1, 2)");
  prepare_tables();
  sqlite3_db_config(writer().handle(), SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  write("INSERT INTO t VALUES (NULL, 3); UPDATE _headwater_captured SET nulls = 2");
  EXPECT_THAT(heal(), says("table t: triggers renewed (2 columns, key rowid)"));
}

TEST_F(OddTables, StartAndCheckTakeNoWriteLock) {
  write(
      "CREATE TABLE t(a, b, PRIMARY KEY(a, b)); CREATE TABLE u(a); CREATE TABLE v(a TEXT PRIMARY "
      "KEY)");
  prepare_tables();
  write("BEGIN IMMEDIATE; INSERT INTO t VALUES (1, 1)");
  ours().set_busy(Milliseconds(0));
  Healer healer(ours());
  EXPECT_TRUE(healer.heal());
  EXPECT_THAT(inspect(ours(), {.relay = "r"}), says("table t: captured"));
  write("COMMIT");
}

}  // namespace
}  // namespace headwater::sqlite

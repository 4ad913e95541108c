#include "src/sources/sqlite/capture/capture.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "src/sources/sqlite/capture/capture_rig.h"
#include "src/sources/sqlite/capture/catalog.h"
#include "src/sources/sqlite/capture/rows.h"

namespace headwater::sqlite {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CaptureTest : public CaptureRig {
 protected:
  Shape newest_shape() {
    auto shapes = load_shapes(ours());
    EXPECT_TRUE(shapes && !shapes->empty());
    return shapes->back();
  }
  std::string schema() {
    return text(
        "SELECT group_concat(name || coalesce(sql, ''), char(10)) FROM (SELECT name, sql "
        "FROM sqlite_schema ORDER BY name)");
  }
};

TEST_F(CaptureTest, PrepareSaysWhatItDidAndRepeatingChangesNothing) {
  write(
      "CREATE TABLE item(id INTEGER PRIMARY KEY, name); CREATE VIEW seen AS SELECT * FROM item;"
      "CREATE VIRTUAL TABLE words USING fts5(text); INSERT INTO item VALUES (1, 'a')");
  const Report first = prepare_tables(std::nullopt, true);
  EXPECT_THAT(first, says("change log: created"));
  EXPECT_THAT(first, says("table item: captured (2 columns, key id)"));
  EXPECT_THAT(first, says("table item: its rows will be read"));
  const auto before = schema();
  const Report second = prepare_tables(std::nullopt, true);
  EXPECT_THAT(second, says("already exists"));
  EXPECT_EQ(schema(), before);
  EXPECT_EQ(load_tasks(ours(), 0)->size(), 1U);
  EXPECT_THAT(inspect(ours(), {.relay = "r"}),
              says("words is not captured: it is a virtual table"));
  EXPECT_THAT(inspect(ours(), {.relay = "r"}), says("seen is not captured: it is a view"));
}

TEST_F(CaptureTest, ATableWithoutRowsNeedsNoSnapshot) {
  write("CREATE TABLE item(id INTEGER PRIMARY KEY, name); CREATE TABLE other(x)");
  EXPECT_THAT(prepare_tables(std::vector<std::string>{"item"}, true, "one"),
              says("table item: has no rows yet"));
  EXPECT_TRUE(load_tasks(ours(), 0)->empty());
  // For another relay, too, but the existing rows are read.
  write("INSERT INTO other VALUES (1)");
  EXPECT_THAT(prepare_tables(std::nullopt, true, "two"), says("table item: has no rows yet"));
  ASSERT_EQ(load_tasks(ours(), 0)->size(), 1U);
  write("INSERT INTO item VALUES (1, 'a')");
  EXPECT_THAT(prepare_tables(std::vector<std::string>{"item"}, true, "three"),
              says("table item: its rows will be read"));
  EXPECT_EQ(load_tasks(ours(), 0)->size(), 2U);
}

TEST_F(CaptureTest, RemoveLeavesTheSchemaAsItWas) {
  write("CREATE TABLE item(id INTEGER PRIMARY KEY, name UNIQUE)");
  const auto before = schema();
  prepare_tables();
  write("INSERT INTO item VALUES (1, 'a')");
  prepare_tables(std::vector<std::string>{"item"}, false, "second");
  auto one = remove(ours(), "second");
  ASSERT_TRUE(one);
  EXPECT_THAT(*one, says("stays for: r"));
  write("INSERT INTO item VALUES (2, 'b')");
  EXPECT_EQ(said().size(), 2U);
  auto last = remove(ours(), "r");
  ASSERT_TRUE(last);
  EXPECT_THAT(*last, says("removed"));
  EXPECT_EQ(schema(), before);
  auto again = remove(ours(), "r");
  ASSERT_TRUE(again);
  EXPECT_THAT(*again, says("nothing of Headwater"));
}

TEST_F(CaptureTest, KeepsTheJournalModeAndWorksInIt) {
  auto other = Database::open((folder() / "rollback.db").string(), Open::create, Origin::source);
  ASSERT_TRUE(other);
  ASSERT_TRUE(other->execute("CREATE TABLE item(id INTEGER PRIMARY KEY)"));
  ASSERT_TRUE(prepare(*other, {.relay = "r"}));
  ASSERT_TRUE(other->execute("INSERT INTO item VALUES (1)"));
  Healer healer(*other);
  ASSERT_TRUE(healer.heal());
  EXPECT_EQ(*other->text("PRAGMA journal_mode"), "delete");
  EXPECT_EQ(*log_head(*other), 1);
  EXPECT_THAT(inspect(*other, {.relay = "r"}), says("journal mode: delete"));
}

TEST_F(CaptureTest, ListedTablesAreFoundInAnyCaseAndTheNearestIsNamed) {
  write("CREATE TABLE Orders(id INTEGER PRIMARY KEY); CREATE VIEW v AS SELECT 1");
  auto wrong = prepare(ours(), {.relay = "r", .tables = {{"ordres"}}});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().name, "source.no_such_table");
  EXPECT_THAT(wrong.error().message, HasSubstr("Orders"));
  EXPECT_EQ(number("SELECT count(*) FROM sqlite_schema WHERE name LIKE '\\_head%' ESCAPE '\\'"), 0);
  auto view = prepare(ours(), {.relay = "r", .tables = {{"v"}}});
  ASSERT_FALSE(view);
  EXPECT_EQ(view.error().name, "source.cannot_capture");
  prepare_tables(std::vector<std::string>{"ORDERS"});
  EXPECT_THAT(*(*load_relay(ours(), "r"))->tables, ElementsAre("Orders"));
}

struct KeyCase {
  const char* table;
  std::vector<std::string> key;
  const char* order;
};

TEST_F(CaptureTest, ChoosesTheKey) {
  const std::vector<KeyCase> cases = {
      {"CREATE TABLE t(id INTEGER PRIMARY KEY, a)", {"id"}, "\"id\" COLLATE \"BINARY\""},
      {"CREATE TABLE t(a, b TEXT COLLATE NOCASE, PRIMARY KEY(b, a)) WITHOUT ROWID",
       {"b", "a"},
       "\"b\" COLLATE \"NOCASE\", \"a\" COLLATE \"BINARY\""},
      {"CREATE TABLE t(a, b)", {"rowid"}, "rowid"},
      {"CREATE TABLE t(rowid, oid)", {"rowid"}, "_rowid_"},
      {"CREATE TABLE t(a TEXT PRIMARY KEY)", {"a"}, "\"a\" COLLATE \"BINARY\""},
      {"CREATE TABLE t(a TEXT PRIMARY KEY); INSERT INTO t VALUES (NULL), (NULL)",
       {"rowid"},
       "rowid"},
      {"CREATE TABLE t(id INTEGER PRIMARY KEY DESC)", {"id"}, "\"id\" COLLATE \"BINARY\""},
  };
  for (const auto& one : cases) {
    write(one.table);
    prepare_tables();
    const Shape shape = newest_shape();
    EXPECT_EQ(*shape.key_columns, one.key) << one.table;
    EXPECT_EQ(shape.order, one.order) << one.table;
    ASSERT_TRUE(remove(ours(), "r"));
    write("DROP TABLE t");
  }
}

TEST_F(CaptureTest, ReplacedRowsAreDeletedOnceWithAndWithoutRecursiveTriggers) {
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

TEST_F(CaptureTest, RowThatMovesIntoAPartialIndexMayReplaceAnother) {
  write(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a, c); CREATE UNIQUE INDEX i ON t(a) WHERE c > 2;"
      "INSERT INTO t VALUES (1, 'x', 3), (2, 'x', 0)");
  prepare_tables();
  write("UPDATE OR REPLACE t SET c = 4 WHERE id = 2");
  EXPECT_THAT(said(), ElementsAre("delete 1|'x'|3", "update 2|'x'|0 -> 2|'x'|4"));
}

TEST_F(CaptureTest, SaysNothingFalseOfConflictsThatReplaceNothing) {
  write("CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE); INSERT INTO t VALUES (1, 'x')");
  prepare_tables();
  write("INSERT OR IGNORE INTO t VALUES (1, 'y'), (2, 'x'), (3, 'z')");
  write("INSERT INTO t VALUES (1, 'n') ON CONFLICT DO NOTHING");
  write("INSERT INTO t VALUES (1, 'n') ON CONFLICT(id) DO UPDATE SET a = excluded.a");
  EXPECT_THAT(try_write("INSERT OR FAIL INTO t VALUES (4, 'w'), (1, 'v')"), HasSubstr("UNIQUE"));
  EXPECT_THAT(try_write("INSERT INTO t VALUES (5, 'w'), (1, 'v')"), HasSubstr("UNIQUE"));
  EXPECT_THAT(said(), ElementsAre("insert 3|'z'", "update 1|'x' -> 1|'n'", "insert 4|'w'"));
}

TEST_F(CaptureTest, StashStaysSmall) {
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

TEST_F(CaptureTest, KeyThatChangesIsADeleteAndAnInsert) {
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

TEST_F(CaptureTest, OthersTriggersOnTheSameRowComeOutInTheirOrder) {
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

TEST_F(CaptureTest, WideTablesGoIntoTwoRowsAndTooWideOnesAreNamed) {
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

TEST_F(CaptureTest, NewestLogRowCannotBeDeleted) {
  write("CREATE TABLE t(a)");
  prepare_tables();
  write("INSERT INTO t VALUES (1), (2), (3); DELETE FROM _headwater_log WHERE seq < 3");
  EXPECT_THAT(try_write("DELETE FROM _headwater_log"), HasSubstr("must stay"));
  write("INSERT INTO t VALUES (4)");
  EXPECT_EQ(*log_head(ours()), 4);
}

TEST_F(CaptureTest, RelaysShareTheLogAndEachHasItsOwnTasks) {
  write("CREATE TABLE a(x); CREATE TABLE b(x); INSERT INTO a VALUES (0)");
  prepare_tables(std::vector<std::string>{"a"}, true, "one");
  write("INSERT INTO a VALUES (1); INSERT INTO b VALUES (1)");
  prepare_tables(std::vector<std::string>{"b", "a"}, true, "two");
  write("INSERT INTO b VALUES (2)");
  EXPECT_THAT(said(), ElementsAre("insert 1|2", "insert 2|2"));
  const auto tasks = *load_tasks(ours(), 0);
  ASSERT_EQ(tasks.size(), 3U);
  EXPECT_EQ(*tasks[0].relay, "one");
  EXPECT_EQ(tasks[0].at, 0);
  EXPECT_EQ(*tasks[2].relay, "two");
  EXPECT_EQ(tasks[2].at, 1);
  EXPECT_EQ((*load_relay(ours(), "two"))->first_task, 2);
  EXPECT_EQ((*load_relay(ours(), "two"))->start, 1);
  ASSERT_TRUE(remove(ours(), "two"));
  write("INSERT INTO b VALUES (3)");
  EXPECT_EQ(*log_head(ours()), 2);
}

TEST_F(CaptureTest, LogOfANewerVersionIsRefused) {
  write("CREATE TABLE t(a)");
  prepare_tables();
  write("UPDATE _headwater_meta SET value = 2 WHERE key = 'version'");
  Healer healer(ours());
  auto healed = healer.heal();
  ASSERT_FALSE(healed);
  EXPECT_EQ(healed.error().name, "source.newer_version");
  auto prepared = prepare(ours(), {.relay = "r"});
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().name, "source.newer_version");
  EXPECT_FALSE(remove(ours(), "r"));
  EXPECT_THAT(inspect(ours(), {.relay = "r"}), says("newer Headwater"));
}

TEST_F(CaptureTest, CheckNamesWhatIsWrong) {
  write("CREATE TABLE t(a)");
  EXPECT_THAT(inspect(ours(), {.relay = "r"}), says("has no change log"));
  prepare_tables();
  EXPECT_THAT(inspect(ours(), {.relay = "r"}), says("table t: captured"));
  EXPECT_THAT(inspect(ours(), {.relay = "s"}), says("relay s is not registered"));
  write("CREATE TABLE u(a); DROP TRIGGER _headwater_1_delete");
  EXPECT_THAT(inspect(ours(), {.relay = "r"}), says("table t: its schema or triggers"));
  EXPECT_THAT(inspect(ours(), {.relay = "r"}), says("table u is not captured yet"));
  auto read_only = open(Open::read_only);
  EXPECT_THAT(inspect(*read_only, {.relay = "r"}), says("cannot be written to"));
}

TEST_F(CaptureTest, FailedPrepareLeavesNothing) {
  write("CREATE TABLE good(a); CREATE TABLE bad(rowid, oid, _rowid_)");
  const auto before = schema();
  auto refused = prepare(ours(), {.relay = "r", .tables = {{"good", "bad"}}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().name, "source.cannot_capture");
  EXPECT_THAT(refused.error().message, HasSubstr("hide all names of the rowid"));
  EXPECT_EQ(schema(), before);
}

}  // namespace
}  // namespace headwater::sqlite

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

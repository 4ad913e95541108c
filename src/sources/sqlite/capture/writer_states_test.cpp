// Programs set up their connections as they like: no setting may make a statement of theirs fail
// that would not have failed without a capture, nor hide a change.
#include <functional>

#include "src/sources/sqlite/capture/capture_rig.h"

namespace headwater::sqlite {
namespace {

/// The setup of a program's connection before it writes. `table`: its name for t from then on.
struct State {
  std::string name;
  std::function<void(Database&)> set;
  std::string schema{};  ///< "shop." if it has attached the database under that name.
};

void PrintTo(const State& state, std::ostream* out) { *out << state.name; }

State pragma(const std::string& name, const std::string& value) {
  return {name + "_" + value, [=](Database& program) {
            ASSERT_TRUE(program.execute("PRAGMA " + name + " = " + value));
          }};
}

State limit(const std::string& name, int which, int value) {
  return {name + "_" + std::to_string(value),
          [=](Database& program) { sqlite3_limit(program.handle(), which, value); }};
}

State option(const std::string& name, int which, int value) {
  return {name + "_" + std::to_string(value), [=](Database& program) {
            ASSERT_EQ(sqlite3_db_config(program.handle(), which, value, nullptr), SQLITE_OK);
          }};
}

class WriterStates : public CaptureRig, public ::testing::WithParamInterface<State> {};

TEST_P(WriterStates, WritesAsBeforeAndIsSeen) {
  write(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE UNIQUE, b, c, UNIQUE(b, c));"
      "CREATE TABLE many(k TEXT, l TEXT, m TEXT, n TEXT, o TEXT, v UNIQUE, w UNIQUE, x UNIQUE, "
      "y UNIQUE, z UNIQUE, PRIMARY KEY(k, l, m, n, o));"
      "CREATE TABLE bare(x, y);"
      "INSERT INTO t VALUES (1, 'a', 1, 1), (2, 'b', 2, 2); INSERT INTO bare VALUES (1, 2);"
      "INSERT INTO many VALUES (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)");
  prepare_tables();
  for (const char* table : {"t", "many", "bare"}) read_again(table);

  const State& state = GetParam();
  auto program = open();
  state.set(*program);
  const auto run = [&](const std::string& sql) {
    std::string there = sql;
    there.replace(there.find('@'), 1, state.schema);
    const auto done = program->execute(there);
    EXPECT_TRUE(done) << there << ": " << done.error().message;
  };
  run("INSERT INTO @t VALUES (3, 'c', 3, 3)");
  run("INSERT OR REPLACE INTO @t VALUES (3, 'A', 2, 2)");
  run("UPDATE OR REPLACE @t SET id = 4, a = 'd', c = 9");
  run("INSERT INTO @t(a) VALUES ('e') ON CONFLICT DO NOTHING");
  run("INSERT OR REPLACE INTO @many VALUES (1, 2, 3, 4, 5, 60, 70, 80, 90, 100)");
  run("INSERT OR REPLACE INTO @many VALUES (1, 2, 3, 4, 6, 6, 7, 8, 9, 100)");
  run("UPDATE OR REPLACE @many SET o = 7, v = 1");
  run("UPDATE @bare SET y = 3");
  run("DELETE FROM @bare");
  for (const char* table : {"t", "many", "bare"}) expect_fold_equals(table, state.name);
}

const std::vector<State>& states() {
  static const std::vector<State> all = {
      {"as_opened", [](Database& /*program*/) {}},
      pragma("trusted_schema", "OFF"),
      pragma("recursive_triggers", "ON"),
      pragma("foreign_keys", "ON"),
      pragma("legacy_alter_table", "ON"),
      pragma("case_sensitive_like", "ON"),
      pragma("reverse_unordered_selects", "ON"),
      pragma("cell_size_check", "ON"),
      pragma("automatic_index", "OFF"),
      pragma("secure_delete", "ON"),
      pragma("temp_store", "MEMORY"),
      option("defensive", SQLITE_DBCONFIG_DEFENSIVE, 1),
      option("no_double_quoted_text", SQLITE_DBCONFIG_DQS_DML, 0),
      option("no_double_quoted_text_in_schema", SQLITE_DBCONFIG_DQS_DDL, 0),
      option("no_views", SQLITE_DBCONFIG_ENABLE_VIEW, 0),
      limit("trigger_depth", SQLITE_LIMIT_TRIGGER_DEPTH, 1),
      limit("expression_depth", SQLITE_LIMIT_EXPR_DEPTH, 12),
      limit("columns", SQLITE_LIMIT_COLUMN, 26),
      limit("compound_select", SQLITE_LIMIT_COMPOUND_SELECT, 1),
      limit("function_arguments", SQLITE_LIMIT_FUNCTION_ARG, 2),
      limit("statement_length", SQLITE_LIMIT_SQL_LENGTH, 10000),
      limit("instructions", SQLITE_LIMIT_VDBE_OP, 25000),
      limit("attached", SQLITE_LIMIT_ATTACHED, 0),
      {"attached_beside_others",
       [](Database& program) {
         ASSERT_TRUE(
             program.execute("ATTACH ':memory:' AS other;"
                             "CREATE TABLE other.t(x); CREATE TABLE other._headwater_log(x);"
                             "CREATE TEMP TABLE bare(z); CREATE TEMP TABLE many(z);"
                             "CREATE TEMP TABLE _headwater_stash(z)"));
       },
       "main."},
  };
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, WriterStates, ::testing::ValuesIn(states()),
                         [](const auto& test) { return test.param.name; });

/// The program's own database is another, and the captured one is attached to it.
TEST_F(CaptureRig, WritesThroughAnAttachmentAreSeen) {
  write("CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE); INSERT INTO t VALUES (1, 'a')");
  prepare_tables();
  read_again("t");
  auto program = Database::open((folder() / "own.db").string(), Open::create, Origin::source);
  ASSERT_TRUE(program);
  const auto done = program->execute(
      "CREATE TABLE t(x); CREATE TABLE _headwater_log(x); ATTACH '" + path() +
      "' AS shop;"
      "INSERT OR REPLACE INTO shop.t VALUES (2, 'a'); UPDATE shop.t SET id = 3; INSERT INTO shop.t "
      "VALUES (4, 'b'); DELETE FROM shop.t WHERE id = 3");
  ASSERT_TRUE(done) << done.error().message;
  expect_fold_equals("t");
  EXPECT_EQ(*program->integer("SELECT count(*) FROM main._headwater_log"), 0);
}

/// SQLite makes triggers for tables that need what only their own program has; the others are
/// inserted into the schema as rows. Every connection must see both, and the file must be intact.
TEST_F(CaptureRig, TriggersThatCannotBeTriedAreMadeAllTheSame) {
  const auto length = [](sqlite3_context* context, int, sqlite3_value** values) {
    sqlite3_result_int(context, sqlite3_value_bytes(values[0]));
  };
  sqlite3_create_function(writer().handle(), "mine", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                          length, nullptr, nullptr);
  write(
      "CREATE TABLE checked(id INTEGER PRIMARY KEY, a CHECK (mine(a) < 9));"
      "CREATE TABLE plain(id INTEGER PRIMARY KEY, a);"
      "CREATE TABLE indexed(id INTEGER PRIMARY KEY, a); CREATE UNIQUE INDEX i ON indexed(mine(a))");
  const Report report = prepare_tables();
  for (const std::string table : {"checked", "plain", "indexed"}) {
    EXPECT_THAT(report, says("table " + table + ": captured"));
    write("INSERT INTO " + table + " VALUES (1, 'a'), (2, 'bb')");
    write("INSERT OR REPLACE INTO " + table + " VALUES (3, 'c'), (2, 'dd')");
    expect_fold_equals(table);
  }
  EXPECT_THAT(heal(), ::testing::IsEmpty());
  EXPECT_EQ(text("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(
      number("SELECT count(DISTINCT name) FROM sqlite_schema WHERE name LIKE '!_headwater!_%' "
             "ESCAPE '!' AND type = 'trigger' AND tbl_name NOT LIKE '!_%' ESCAPE '!'"),
      15);
  ASSERT_TRUE(remove(ours(), "r"));
  EXPECT_EQ(
      number("SELECT count(*) FROM sqlite_schema WHERE name LIKE '!_headwater!_%' ESCAPE '!'"), 0);
  write("INSERT INTO plain VALUES (4, 'x')");
}

}  // namespace
}  // namespace headwater::sqlite

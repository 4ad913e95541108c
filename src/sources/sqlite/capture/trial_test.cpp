#include "src/sources/sqlite/capture/trial.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "src/sources/sqlite/capture/capture_rig.h"

namespace headwater::sqlite {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TableInfo table_of(const std::string& definition) {
  TableInfo table{.name = "t", .definition = definition};
  table.columns = {{.name = "id", .generated = false, .collation = "BINARY"},
                   {.name = "a", .generated = false, .collation = "BINARY"}};
  table.key = {0};
  table.collations = {"BINARY"};
  table.integer_key = true;
  table.rowid = "rowid";
  return table;
}

std::string why_not(Trial& trial, const std::string& definition) {
  const TableInfo table = table_of(definition);
  auto why = trial.why_not(table, triggers_for(table, 1, true));
  return why ? *why : why.error().message;
}

TEST(Trial, TakesTablesOfAllKindsOneAfterTheOther) {
  auto trial = Trial::open();
  ASSERT_TRUE(trial);
  for (const std::string rest :
       {"", ", CHECK (a <> \"none\")", ", UNIQUE(a)", ", b AS (a || 1)", ", CHECK (app_fits(a))",
        ", b AS (app_hash(a, 2)) STORED", ", b COLLATE app_order UNIQUE", ", b REFERENCES u(c)"}) {
    EXPECT_THAT(why_not(*trial, "CREATE TABLE t(id INTEGER PRIMARY KEY, a" + rest + ")"),
                IsEmpty());
  }
  EXPECT_THAT(why_not(*trial, "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a)"),
              IsEmpty());
}

TEST(Trial, TriggersAreTriedOnAStandInWhereTheTableCannotBeMade) {
  auto trial = Trial::open();
  ASSERT_TRUE(trial);
  const TableInfo table = table_of("");
  EXPECT_THAT(why_not(*trial, ""), IsEmpty());
  auto why =
      trial->why_not(table, {{"x", "CREATE TRIGGER x AFTER INSERT ON t BEGIN SELEC 1; END"}});
  ASSERT_TRUE(why);
  EXPECT_THAT(*why, HasSubstr("syntax error"));
}

TEST(Trial, TextInDoubleQuotesIsNoText) {
  auto trial = Trial::open();
  ASSERT_TRUE(trial);
  const TableInfo table = table_of("CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
  auto why = trial->why_not(
      table, {{"x", "CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT new.a = \"none\"; END"}});
  ASSERT_TRUE(why);
  EXPECT_THAT(*why, HasSubstr("no such column"));
}

/// sqlite_schema may contain any text that was written into it.
class HostileSchema : public CaptureRig {
 protected:
  [[nodiscard]] std::string victim() const { return (folder() / "victim.db").string(); }

  void rewrite(const std::string& name, const std::string& sql) {
    write("PRAGMA writable_schema = ON");
    write("UPDATE sqlite_schema SET sql = " + quote_text(sql) +
          " WHERE name = " + quote_text(name));
    write("PRAGMA writable_schema = RESET");
    write("CREATE TABLE bell(a); DROP TABLE bell");
  }
};

TEST_F(HostileSchema, NothingButTheTableIsMadeOfItsText) {
  const std::string table = "CREATE TABLE t(id INTEGER PRIMARY KEY, a)";
  const std::string attach = "ATTACH '" + victim() + "' AS p";
  const std::string fill = "CREATE TABLE p.x(a); INSERT INTO p.x VALUES (1)";
  write(table);
  for (const std::string& sql :
       {table + "; COMMIT; " + attach + "; " + fill, table + "; " + attach,
        table + "/**/;\n;" + attach, table + "; VACUUM INTO '" + victim() + "'"}) {
    rewrite("t", sql);
    EXPECT_THAT(prepare_tables(), says("table t: captured"));
    EXPECT_FALSE(std::filesystem::exists(victim())) << sql;
    write("INSERT INTO t(a) VALUES (1)");
    expect_fold_equals("t", sql);
    ASSERT_TRUE(remove(ours(), "r"));
    write("DELETE FROM t");
  }
}

TEST_F(HostileSchema, OtherStatementsAreNotExecuted) {
  auto trial = Trial::open();
  ASSERT_TRUE(trial);
  for (const std::string& sql :
       {"ATTACH '" + victim() + "' AS p", "VACUUM INTO '" + victim() + "'",
        std::string("CREATE TABLE t AS SELECT randomblob(1 << 40) AS id, 1 AS a"),
        std::string("CREATE VIRTUAL TABLE t USING fts5(id, a)"), std::string("COMMIT"),
        std::string("DROP TABLE _headwater_log"), std::string("PRAGMA writable_schema = ON")}) {
    EXPECT_THAT(why_not(*trial, sql), IsEmpty()) << sql;  // a stand-in is tried
    EXPECT_FALSE(std::filesystem::exists(victim())) << sql;
  }
  EXPECT_THAT(why_not(*trial, "CREATE TABLE t(id INTEGER PRIMARY KEY, a)"), IsEmpty());
}

TEST_F(HostileSchema, TextBehindAnIndexIsNotUnderstood) {
  const std::string index = "CREATE UNIQUE INDEX i ON t(a) WHERE a > 1";
  write("CREATE TABLE t(id INTEGER PRIMARY KEY, a);" + index);
  rewrite("i", index + "; ATTACH '" + victim() + "' AS p");
  EXPECT_THAT(prepare_tables(), says("table t is not captured: the text of its index i"));
  EXPECT_FALSE(std::filesystem::exists(victim()));
}

}  // namespace
}  // namespace headwater::sqlite

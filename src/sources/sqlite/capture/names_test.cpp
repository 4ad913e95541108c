// A user's object under one of our names stays the user's.
#include <gmock/gmock.h>

#include "src/sources/sqlite/capture/capture_rig.h"

namespace headwater::sqlite {
namespace {

using ::testing::HasSubstr;

class NamesTest : public CaptureRig {};

TEST_F(NamesTest, WhatIsSomebodysIsNeverDropped) {
  for (const char* made :
       {"CREATE TABLE _HEADWATER_LOG(x)", "CREATE TABLE _headwater_relays(x)",
        "CREATE TABLE _Headwater_Witness(x)", "CREATE TABLE _headwater_meta(x)",
        "CREATE VIEW _headwater_stash AS SELECT 1", "CREATE TABLE _headwater_bell(x)",
        "CREATE INDEX _headwater_log ON t(id)",
        "CREATE TRIGGER _Headwater_keep_newest AFTER INSERT ON t BEGIN SELECT 1; END"}) {
    SCOPED_TRACE(made);
    write("CREATE TABLE t(id INTEGER PRIMARY KEY)");
    write(made);
    const auto before = text("SELECT group_concat(type || name || sql) FROM sqlite_schema");
    auto prepared = prepare(ours(), {.relay = "r"});
    ASSERT_FALSE(prepared);
    EXPECT_EQ(prepared.error().name, "source.name_taken");
    EXPECT_THAT(prepared.error().next, HasSubstr("rename it"));
    auto removed = remove(ours(), "r");
    ASSERT_FALSE(removed);
    EXPECT_EQ(removed.error().name, "source.name_taken");
    EXPECT_EQ(text("SELECT group_concat(type || name || sql) FROM sqlite_schema"), before);
    for (const char* kind : {"TABLE", "VIEW", "INDEX", "TRIGGER"}) {
      for (const char* name :
           {"_headwater_log", "_headwater_relays", "_headwater_witness", "_headwater_meta",
            "_headwater_stash", "_headwater_bell", "_headwater_keep_newest", "t"}) {
        static_cast<void>(
            try_write("DROP " + std::string(kind) + " IF EXISTS " + std::string(name)));
      }
    }
  }
}

TEST_F(NamesTest, NothingIsRemovedWhereNothingIsOurs) {
  write("CREATE TABLE _headwater_orders(id INTEGER PRIMARY KEY)");
  ASSERT_TRUE(remove(ours(), "r"));
  EXPECT_EQ(number("SELECT count(*) FROM sqlite_schema"), 1);
}

TEST_F(NamesTest, ATableThatIsNamedLikeOursIsNamed) {
  write("CREATE TABLE _Headwater_orders(id INTEGER PRIMARY KEY); CREATE TABLE t(a)");
  EXPECT_THAT(prepare_tables(), says("table _Headwater_orders is not captured: its name begins"));
  ASSERT_TRUE(remove(ours(), "r"));
  EXPECT_EQ(number("SELECT count(*) FROM sqlite_schema"), 2);
}

TEST_F(NamesTest, WhatIsAddedToOurTablesLeavesThemOurs) {
  write("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  prepare_tables();
  write("ALTER TABLE _headwater_meta ADD COLUMN more; ALTER TABLE _headwater_stash ADD COLUMN w");
  prepare_tables();
  ASSERT_TRUE(remove(ours(), "r"));
  EXPECT_EQ(number("SELECT count(*) FROM sqlite_schema"), 1);
}

/// SQLite then assigns numbers at random, and a trigger may precede its table.
TEST_F(NamesTest, AnOddSchemaIsLeftAlone) {
  write("CREATE TABLE t(id INTEGER PRIMARY KEY)");
  write(
      "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema(rowid, type, name, tbl_name, "
      "rootpage,"
      " sql) VALUES (9223372036854775807, 'view', 'v', 'v', 0, 'CREATE VIEW v AS SELECT 1');"
      "PRAGMA writable_schema = RESET");
  auto prepared = prepare(ours(), {.relay = "r"});
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().name, "source.odd_schema");
  EXPECT_EQ(number("SELECT count(*) FROM sqlite_schema"), 2);
}

}  // namespace
}  // namespace headwater::sqlite

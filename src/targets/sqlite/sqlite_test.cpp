// What only SQLite does: values are kept bit for bit, names ignore the case.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "src/targets/shared/testing.h"
#include "src/targets/sqlite/sqlite_rig.h"

namespace headwater::target_sqlite {
namespace {

using targets::orders;
using targets::put;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SqliteCopy : public targets::CopyTest<SqliteRig> {};

TEST_F(SqliteCopy, KeepsEveryValueBitForBit) {
  const std::vector<Value> values{std::numeric_limits<std::int64_t>::min(),
                                  -0.0,
                                  1.0,
                                  1e300,
                                  Text{"12"},
                                  Text{std::string("a\0\xff", 3)},
                                  Blob{std::string("\0x", 2)},
                                  Text{""},
                                  Blob{""}};
  std::vector<std::string> names;
  for (std::size_t i = 0; i < values.size(); ++i) names.push_back("c" + std::to_string(i));
  succeed({put(1, names, values)});
  auto database = *sqlite::Database::open(rig_.path(), sqlite::Open::read_only, Origin::usage);
  auto list = *database.prepare("SELECT c0,c1,c2,c3,c4,c5,c6,c7,c8 FROM orders");
  ASSERT_TRUE(*list.step());
  EXPECT_EQ(list.type(0), SQLITE_INTEGER);
  EXPECT_EQ(list.integer(0), std::numeric_limits<std::int64_t>::min());
  EXPECT_TRUE(std::signbit(list.real(1)));
  EXPECT_EQ(list.type(2), SQLITE_FLOAT);
  EXPECT_EQ(list.real(3), 1e300);
  EXPECT_EQ(list.type(4), SQLITE_TEXT);
  EXPECT_EQ(list.bytes(5), std::string("a\0\xff", 3));
  EXPECT_EQ(list.type(6), SQLITE_BLOB);
  EXPECT_EQ(list.bytes(6), std::string("\0x", 2));
  EXPECT_EQ(list.type(7), SQLITE_TEXT);
  EXPECT_EQ(list.type(8), SQLITE_BLOB);
  list.reset();
}

TEST_F(SqliteCopy, ColumnsThatDifferOnlyInCaseAreRefused) {
  const auto failed = apply({put(1, {"a", "A"}, {Value(true), Value(false)})});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().name, "target.bad_name");
  EXPECT_THAT(failed.error().message, HasSubstr("does not distinguish the columns a and A"));
}

TEST_F(SqliteCopy, TablesThatDifferOnlyInCaseAreRefused) {
  succeed({put(1, {"name"}, {Text{"x"}})});
  succeed({{.kind = RowOperation::Kind::clear, .table = orders}});
  CopyTable other = *orders;
  other.name = "Orders";
  RowOperation second = put(2, {"name"}, {Text{"y"}});
  second.table = std::make_shared<const CopyTable>(other);
  const auto failed = apply({second});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().name, "target.table_taken");
  // A rename would empty the table.
  succeed({put(1, {"name"}, {Text{"x"}})});
  const auto renamed =
      apply({{.kind = RowOperation::Kind::rename, .table = orders, .to = second.table}});
  ASSERT_FALSE(renamed);
  EXPECT_EQ(renamed.error().name, "target.table_taken");
  EXPECT_THAT(rig_.rows("orders"), ElementsAre("id=1 name=x"));
}

TEST_F(SqliteCopy, ATableOfTheUsersNeedsTheKey) {
  rig::execute(rig_.path(), "CREATE TABLE orders(id, name)");
  const auto failed = apply({put(1, {"name"}, {Text{"x"}})});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().name, "target.key_differs");
}

TEST_F(SqliteCopy, ATableOfTheUsersStaysWithItsTypes) {
  rig::execute(rig_.path(), "CREATE TABLE orders(id INTEGER PRIMARY KEY, name TEXT, n REAL)");
  succeed({put(1, {"name", "n"}, {Text{"x"}, std::int64_t{2}})});
  EXPECT_THAT(rig_.rows("orders"), ElementsAre("id=1 n=2.0 name=x"));
  succeed({{.kind = RowOperation::Kind::drop, .table = orders}});
  EXPECT_EQ(rig::query_integer(rig_.path(), "SELECT count(*) FROM orders"), 0);
}

TEST_F(SqliteCopy, AnUpdateOfSomeColumnsLeavesOthersThatMustNotBeNull) {
  rig::execute(rig_.path(),
               "CREATE TABLE orders(id INTEGER PRIMARY KEY, name TEXT NOT NULL, n NOT NULL)");
  succeed({put(1, {"name", "n"}, {Text{"x"}, std::int64_t{2}})});
  succeed({put(1, {"name", "n"}, {Unchanged(), std::int64_t{3}})});
  EXPECT_THAT(rig_.rows("orders"), ElementsAre("id=1 n=3 name=x"));
  succeed({put(1, {"name", "n"}, {Unchanged(), Unchanged()})});
  EXPECT_THAT(rig_.rows("orders"), ElementsAre("id=1 n=3 name=x"));
}

TEST_F(SqliteCopy, IndexesSurviveARebuild) {
  succeed({put(1, {"name"}, {Text{"x"}})});
  rig::execute(rig_.path(),
               "CREATE INDEX by_name ON orders(name); CREATE VIEW v AS SELECT name FROM orders");
  auto built = *rig_.adapter().open({.name = "c+rebuild", .suffix = "_rebuild"});
  ASSERT_TRUE(built->apply({}, std::vector<RowOperation>{put(1, {"name"}, {Text{"y"}})},
                           {.stream = "", .sequence = 1, .event = ""}));
  auto target = *rig_.adapter().open({.name = "c", .suffix = ""});
  const auto replaced = built->replace({.name = "c", .suffix = ""}, *target->place());
  ASSERT_TRUE(replaced) << replaced.error().message;
  EXPECT_THAT(rig_.rows("v"), ElementsAre("name=y"));
  EXPECT_EQ(rig::query_integer(rig_.path(),
                               "SELECT count(*) FROM sqlite_master WHERE name = 'by_name' AND "
                               "tbl_name = 'orders'"),
            1);
}

}  // namespace
}  // namespace headwater::target_sqlite

// What only PostgreSQL does: columns have types, which widen; the user's tables keep theirs.
#include <gmock/gmock.h>

#include <limits>

#include "src/targets/postgresql/connection.h"
#include "src/targets/postgresql/postgresql_rig.h"
#include "src/targets/shared/testing.h"

namespace headwater::target_postgresql {
namespace {

using targets::put;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PostgresqlCopy : public targets::CopyTest<PostgresqlRig> {
 protected:
  std::string type_of(const std::string& column) {
    return rig_.value(
        "SELECT data_type FROM information_schema.columns WHERE table_name = 'orders'"
        " AND column_name = '" +
        column + "'");
  }
};

TEST_F(PostgresqlCopy, EachValueHasItsType) {
  succeed({put(1, {"b", "n", "d", "r", "t", "x", "j", "w", "e"},
               {true, std::numeric_limits<std::uint64_t>::max(), Decimal{"12.50"}, 0.1,
                Text{"caf\u00e9 'x' \\"}, Blob{std::string("\0\xfe", 2)},
                JsonText{R"({"b":1, "a":2})"}, Time{"2026-11-23 08:15:30.123456+00"}, Value()})});
  EXPECT_EQ(type_of("id"), "bigint");
  EXPECT_EQ(type_of("b"), "boolean");
  EXPECT_EQ(type_of("n"), "numeric");
  EXPECT_EQ(type_of("r"), "double precision");
  EXPECT_EQ(type_of("x"), "bytea");
  EXPECT_EQ(type_of("j"), "json");
  EXPECT_EQ(type_of("w"), "text");
  EXPECT_THAT(rig_.rows("orders"),
              ElementsAre("b=t d=12.50 id=1 j={\"b\":1, \"a\":2} n=18446744073709551615 r=0.1 "
                          "t=caf\u00e9 'x' \\ w=2026-11-23 08:15:30.123456+00 x=\\x00fe"));
}

TEST_F(PostgresqlCopy, ColumnsWiden) {
  succeed({put(1, {"a", "b", "c"}, {std::int64_t{1}, std::int64_t{2}, true})});
  succeed({put(2, {"a", "b", "c"}, {Decimal{"1.5"}, 2.5, Text{"x"}})});
  EXPECT_EQ(type_of("a"), "numeric");
  EXPECT_EQ(type_of("b"), "double precision");
  EXPECT_EQ(type_of("c"), "text");
  succeed({put(3, {"b"}, {std::numeric_limits<std::int64_t>::max()})});
  EXPECT_THAT(rig_.rows("orders"), ElementsAre("a=1 b=2 c=true id=1", "a=1.5 b=2.5 c=x id=2",
                                               "b=9223372036854775807 id=3"));
}

TEST_F(PostgresqlCopy, TheLowestNumberWidensToo) {
  succeed({put(1, {"a"}, {std::numeric_limits<std::int64_t>::min()})});
  succeed({put(2, {"a"}, {2.5})});
  EXPECT_EQ(type_of("a"), "text");
  EXPECT_THAT(rig_.rows("orders"), ElementsAre("a=-9223372036854775808 id=1", "a=2.5 id=2"));
}

TEST_F(PostgresqlCopy, KeysOfSeveralTypesAreRefused) {
  succeed({put(1, {}, {})});
  const auto failed = apply({put(Text{"1"}, {}, {})});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().name, "target.value_does_not_fit");
  EXPECT_THAT(failed.error().message, HasSubstr("such as 1 and '1'"));
}

TEST_F(PostgresqlCopy, ATableOfTheUsersKeepsItsTypes) {
  rig_.execute("CREATE TABLE orders(id int PRIMARY KEY, at timestamptz, tags jsonb, n int)");
  succeed({put(1, {"at", "tags", "n"},
               {Time{"2026-11-23 08:15:30+00"}, JsonText{R"({"a": 1})"}, Text{"7"}})});
  EXPECT_EQ(rig_.value("SELECT at = '2026-11-23 09:15:30+01' AND n = 7 AND tags->>'a' = '1' FROM "
                       "orders"),
            "t");
  const auto failed = apply({put(2, {"n"}, {Text{"many"}})});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().name, "target.value_does_not_fit") << failed.error().message;
  EXPECT_EQ(rig_.value("SELECT count(*) FROM orders"), "1");
}

TEST_F(PostgresqlCopy, AnUpdateOfSomeColumnsLeavesOthersThatMustNotBeNull) {
  rig_.execute(
      "CREATE TABLE orders(id varchar(9) PRIMARY KEY, name varchar(9) NOT NULL, n int NOT NULL)");
  succeed({put(Text{"a"}, {"name", "n"}, {Text{"x"}, std::int64_t{2}})});
  succeed({put(Text{"a"}, {"name", "n"}, {Unchanged(), std::int64_t{3}})});
  succeed({put(Text{"a"}, {"name", "n"}, {Unchanged(), Unchanged()})});
  EXPECT_THAT(rig_.rows("orders"), ElementsAre("id=a n=3 name=x"));
}

TEST_F(PostgresqlCopy, TextWithNulIsRefused) {
  const auto failed = apply({put(1, {"t"}, {Text{std::string("a\0b", 3)}})});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().name, "target.value_does_not_fit");
}

TEST_F(PostgresqlCopy, ViewsAndIndexesSurviveARebuild) {
  succeed({put(1, {"name"}, {Text{"x"}})});
  rig_.execute("CREATE INDEX by_name ON orders(name)");
  const auto rebuild = [&](const std::string& name) {
    auto built = *rig_.adapter().open({.name = "c+rebuild", .suffix = "_rebuild"});
    auto applied = built->apply({}, std::vector<RowOperation>{put(1, {"name"}, {Text{name}})},
                                {.stream = "", .sequence = 1, .event = ""});
    ASSERT_TRUE(applied) << applied.error().message;
    auto target = *rig_.adapter().open({.name = "c", .suffix = ""});
    auto replaced = built->replace({.name = "c", .suffix = ""}, *target->place());
    ASSERT_TRUE(replaced) << replaced.error().message;
  };
  rebuild("y");
  EXPECT_EQ(rig_.value("SELECT tablename FROM pg_indexes WHERE indexname = 'by_name'"), "orders");
  EXPECT_EQ(rig_.value("SELECT count(*) FROM pg_indexes WHERE indexname = 'orders_pkey'"), "1");
  rig_.execute("CREATE VIEW v AS SELECT name FROM orders");
  rebuild("z");
  EXPECT_THAT(rig_.rows("v"), ElementsAre("name=z"));
}

/// Whatever language the server speaks.
TEST_F(PostgresqlCopy, ARefusalIsNamed) {
  const auto refusal = [](const std::string& words) {
    Connection connection(PostgresqlRig::server().address() + words, "");
    const auto connected = connection.connect();
    return connected ? Error() : connected.error();
  };
  const Error no_database = refusal(" dbname=nowhere");
  EXPECT_EQ(no_database.name, "target.no_database");
  EXPECT_EQ(no_database.remedy, Remedy::stop);
  EXPECT_THAT(no_database.message, HasSubstr("FATAL: database"));
  const Error no_user = refusal(" user=nobody");
  EXPECT_EQ(no_user.name, "target.unauthorized");
  EXPECT_EQ(no_user.remedy, Remedy::stop);
  const Error no_server = refusal(" port=1");
  EXPECT_EQ(no_server.name, "target.unreachable");
  EXPECT_EQ(no_server.remedy, Remedy::retry);
}

TEST_F(PostgresqlCopy, ALostConnectionIsMadeAgain) {
  auto target = *rig_.adapter().open({.name = "c", .suffix = ""});
  rig_.execute(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> "
      "pg_backend_pid() AND application_name = 'headwater'");
  auto lost = target->place();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().name, "target.unreachable");
  EXPECT_EQ(lost.error().remedy, Remedy::retry);
  EXPECT_TRUE(target->place());
}

}  // namespace
}  // namespace headwater::target_postgresql

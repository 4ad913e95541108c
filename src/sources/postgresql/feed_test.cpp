// What a real server's statements become.
#include <gmock/gmock.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "src/sources/postgresql/feed_rig.h"

namespace headwater::postgresql {
namespace {

using Lines = std::vector<std::string>;

TEST_F(Feed, EveryTypeHasItsValue) {
  sql("CREATE TYPE mood AS ENUM ('sad', 'ok')");
  sql("CREATE DOMAIN cents AS int8");
  sql("CREATE DOMAIN price AS cents");
  sql("CREATE TABLE t(id int PRIMARY KEY, m mood, c cents, p price, n numeric, f float4, d date, "
      "z timestamptz, i interval, j json, b bytea, a int[], r int4range, u uuid, y money, o bool, "
      "g int GENERATED ALWAYS AS (id * 2) STORED)");
  options_.tables = {"t"};
  start();
  sql("SET timezone = 'Asia/Tokyo'");
  sql("SET datestyle = 'German'");
  const std::string values =
      "(1, 'ok', 5, 6, 12.50, 0.1, '2026-11-30', '2026-11-30 08:15:30+01', '1 day 2 hours', "
      "'{\"a\": 1}', '\\x00ff', '{1,NULL}', '[1,3)', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 7.5, "
      "true)";
  sql("INSERT INTO t VALUES " + values);
  const std::string row =
      R"({"id":1,"m":"ok","c":5,"p":6,"n":{"$decimal":"12.50"},"f":0.1,)"
      R"("d":{"$time":"2026-11-30"},"z":{"$time":"2026-11-30 07:15:30+00"},"i":"1 day 02:00:00",)"
      R"~("j":{"$json":"{\"a\": 1}"},"b":{"$blob":"AP8="},"a":"{1,NULL}","r":"[1,3)",)~"
      R"("u":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","y":"$7.50","o":true})";
  EXPECT_EQ(lines(), (Lines{R"(public.t {"op":"insert","key":{"id":1},"before":null,"after":)" +
                            row + "}"}));
  // A snapshot has the same values.
  options_.policies.snapshot = true;
  auto position = adapter()->beginning("a");
  ASSERT_TRUE(position);
  at_ = *position;
  const auto read = lines();
  ASSERT_FALSE(read.empty());
  EXPECT_EQ(read.back(),
            R"(public.t {"op":"read","key":{"id":1},"before":null,"after":)" + row + "}");
}

TEST_F(Feed, AChangeOfTheKeyIsADeleteAndAnInsert) {
  sql("CREATE TABLE t(id int PRIMARY KEY, v text)");
  options_.tables = {"t"};
  start();
  sql("INSERT INTO t VALUES (1, 'a')");
  sql("UPDATE t SET id = 2, v = 'b'");
  sql("UPDATE t SET id = 2, v = 'c'");
  EXPECT_EQ(
      lines(),
      (Lines{R"(public.t {"op":"insert","key":{"id":1},"before":null,"after":{"id":1,"v":"a"}})",
             R"(public.t {"op":"delete","key":{"id":1},"before":null,"after":null})",
             R"(public.t {"op":"insert","key":{"id":2},"before":null,"after":{"id":2,"v":"b"}})",
             R"(public.t {"op":"update","key":{"id":2},"before":null,"after":{"id":2,"v":"c"}})"}));
}

TEST_F(Feed, AKeyOfRealsIsAnotherOneIfItIsWrittenInAnotherWay) {
  sql("CREATE TABLE t(k float8)");
  sql("ALTER TABLE t REPLICA IDENTITY FULL");
  options_.tables = {"t"};
  start();
  sql("INSERT INTO t VALUES ('NaN')");
  sql("UPDATE t SET k = k");
  sql("UPDATE t SET k = 0");
  sql("UPDATE t SET k = '-0'");
  std::vector<Op> operations;
  const auto all = changes();
  std::ranges::transform(all, std::back_inserter(operations), &Change::op);
  EXPECT_EQ(operations,
            (std::vector{Op::insert, Op::update, Op::remove, Op::insert, Op::remove, Op::insert}));
}

/// With the whole row as its identity, the log does not say what the key is.
TEST_F(Feed, AKeyIsFoundThatWasRenamedWhileChangesWaited) {
  sql("CREATE TABLE t(gone text, a int, derived int GENERATED ALWAYS AS (a + 1) STORED, v text, "
      "b int, PRIMARY KEY (b, a))");
  sql("ALTER TABLE t REPLICA IDENTITY FULL");
  options_.tables = {"t"};
  start();
  const auto change_and_rename = [this](const std::string& column) {
    sql("INSERT INTO t VALUES ('x', 1, DEFAULT, 'y', 2)");
    sql("DELETE FROM t");
    sql("ALTER TABLE t RENAME " + column);
    return lines().back();
  };
  const std::string expected = R"(public.t {"op":"delete","key":{"a":1,"b":2},"before":)";
  EXPECT_THAT(change_and_rename("v TO w"), ::testing::StartsWith(expected));
  EXPECT_THAT(change_and_rename("b TO c"), ::testing::StartsWith(expected));
  sql("ALTER TABLE t RENAME c TO b");
  sql("INSERT INTO t VALUES ('x', 1, DEFAULT, 'y', 2)");
  sql("DELETE FROM t");
  sql("ALTER TABLE t DROP gone");
  sql("ALTER TABLE t RENAME b TO c");
  EXPECT_THAT(lines().back(), ::testing::StartsWith(expected));
}

TEST_F(Feed, LargeValuesThatAnUpdateDidNotTouch) {
  for (const char* table : {"by_key", "by_row"}) {
    sql(std::string("CREATE TABLE ") + table + "(id int PRIMARY KEY, v int, big text)");
    sql(std::string("ALTER TABLE ") + table + " ALTER big SET STORAGE EXTERNAL");
    sql(std::string("INSERT INTO ") + table + " VALUES (1, 1, repeat('x', 9000))");
  }
  sql("ALTER TABLE by_row REPLICA IDENTITY FULL");
  options_.tables = {"by_key", "by_row"};
  start();
  sql("UPDATE by_key SET v = 2");
  sql("UPDATE by_row SET v = 2");
  const auto all = changes();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_TRUE(is_unchanged(values_of(all[0].after)[2]));
  EXPECT_EQ(values_of(all[1].after)[2], Value(Text{std::string(9000, 'x')}));
  EXPECT_EQ(values_of(all[1].before)[1], Value(std::int64_t{1}));
}

TEST_F(Feed, TablesOfOneNameInTwoSchemas) {
  sql("CREATE SCHEMA billing");
  for (const char* schema : {"public", "billing"}) {
    sql(std::string("CREATE TABLE ") + schema + ".t(id int PRIMARY KEY)");
  }
  options_.tables = {"t", "billing.*"};
  start();
  transaction({"INSERT INTO public.t VALUES (1)", "INSERT INTO billing.t VALUES (1)",
               "TRUNCATE public.t, billing.t"});
  const auto all = changes();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].schema, "public");
  EXPECT_EQ(all[1].schema, "billing");
  EXPECT_EQ(all[2].op, Op::truncate);
  EXPECT_EQ(all[3].op, Op::truncate);
  EXPECT_NE(all[2].schema, all[3].schema);
  EXPECT_NE(all[2].id, all[3].id);
  EXPECT_TRUE(all[3].transaction->last);
}

TEST_F(Feed, DotsInNamesConfuseNothing) {
  sql("CREATE SCHEMA \"a.b\"");
  sql("CREATE SCHEMA a");
  sql("CREATE TABLE \"a.b\".c (id int PRIMARY KEY)");
  sql("CREATE TABLE a.\"b.c\" (id int PRIMARY KEY)");
  sql("INSERT INTO \"a.b\".c VALUES (1)");
  sql("INSERT INTO a.\"b.c\" VALUES (1)");
  options_.tables = {"a%2Eb.c", "a.b%2Ec"};
  options_.policies.snapshot = true;
  start();
  const auto rows = changes();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_NE(rows[0].id, rows[1].id);
}

class AnyBytes : public Feed {
 protected:
  AnyBytes() : Feed("ENCODING SQL_ASCII LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0") {}
};

TEST_F(AnyBytes, ADatabaseWithoutAnEncodingIsReadAsItIs) {
  sql("CREATE TABLE t(id text PRIMARY KEY, more json)");
  const std::string old_row =
      R"(INSERT INTO t VALUES (convert_from('\x41ff', 'SQL_ASCII'), '{"a": 1}'))";
  const std::string new_row = R"(INSERT INTO t VALUES (convert_from('\x42fe', 'SQL_ASCII'), )"
                              R"(convert_from('\x22fd22', 'SQL_ASCII')::json))";
  sql(old_row);
  options_.tables = {"t"};
  options_.policies.snapshot = true;
  start();
  sql(new_row);
  const auto all = changes();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(values_of(all[0].after)[0], Value(Text{"A\xff"}));
  EXPECT_EQ(values_of(all[0].after)[1], Value(JsonText{R"({"a": 1})"}));
  EXPECT_EQ(values_of(all[1].after)[0], Value(Text{"B\xfe"}));
  EXPECT_EQ(values_of(all[1].after)[1], Value(Text{"\"\xfd\""}));
}

TEST_F(Feed, RowsOfOneRecordHaveDifferentIds) {
  sql("CREATE TABLE t(id int PRIMARY KEY)");
  sql("CREATE TABLE other(id int PRIMARY KEY)");
  options_.tables = {"t"};
  start();
  // COPY writes many rows into one record; so does an INSERT of many rows into a new page.
  transaction({"INSERT INTO other SELECT generate_series(1, 300)",
               "INSERT INTO t SELECT generate_series(1, 300)"});
  const Position before = at_;
  const auto all = changes();
  ASSERT_EQ(all.size(), 300U);
  std::set<std::string> ids;
  for (const Change& change : all) ids.insert(change.id);
  EXPECT_EQ(ids.size(), 300U);
  // With another table in the publication, which the slot sees from here on, they are the same.
  at_ = before;
  options_.tables = {"t", "other"};
  ASSERT_EQ(prepare_error(), "");
  const auto again = changes();
  ASSERT_EQ(again.size(), 300U);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(again[i].id, all[i].id);
}

TEST_F(Feed, MessagesAndSavepointsAndPreparedTransactions) {
  sql("CREATE TABLE t(id int PRIMARY KEY)");
  options_.tables = {"t"};
  options_.messages = true;
  start();
  transaction({"INSERT INTO t VALUES (1)", "SAVEPOINT s", "INSERT INTO t VALUES (2)",
               "ROLLBACK TO s", "SELECT pg_logical_emit_message(true, 'note', 'hello')",
               "SELECT pg_logical_emit_message(false, 'note', 'at once')"});
  sql("BEGIN");
  sql("INSERT INTO t VALUES (3)");
  sql("PREPARE TRANSACTION '" + name_ + "'");
  sql("INSERT INTO t VALUES (4)");
  sql("COMMIT PREPARED '" + name_ + "'");
  const auto all = lines();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_NE(all[0].find(R"({"id":1})"), std::string::npos);
  EXPECT_EQ(all[1],
            ". {\"op\":\"message\",\"key\":null,\"before\":null,\"after\":null,\"detail\":"
            R"({"prefix":"note","content":"hello"}})");
  EXPECT_NE(all[2].find(R"({"id":4})"), std::string::npos);
  EXPECT_NE(all[3].find(R"({"id":3})"), std::string::npos);
}

TEST_F(Feed, TablesMayChangeInMidStream) {
  sql("CREATE TABLE t(id int PRIMARY KEY, a int)");
  options_.tables = {"t"};
  start();
  transaction({"INSERT INTO t VALUES (1, 1)", "ALTER TABLE t ADD b text DEFAULT 'x'",
               "INSERT INTO t VALUES (2, 2, 'y')", "ALTER TABLE t DROP a",
               "INSERT INTO t VALUES (3, 'z')", "ALTER TABLE t RENAME TO u",
               "INSERT INTO u VALUES (4, 'w')"});
  EXPECT_EQ(
      lines(),
      (Lines{
          R"(public.t {"op":"insert","key":{"id":1},"before":null,"after":{"id":1,"a":1}})",
          R"(public.t {"op":"insert","key":{"id":2},"before":null,"after":{"id":2,"a":2,"b":"y"}})",
          R"(public.t {"op":"insert","key":{"id":3},"before":null,"after":{"id":3,"b":"z"}})",
          R"(public.u {"op":"insert","key":{"id":4},"before":null,"after":{"id":4,"b":"w"}})"}));
}

TEST_F(Feed, PartitionsComeAsThemselvesOrAsTheRoot) {
  sql("CREATE TABLE t(id int PRIMARY KEY) PARTITION BY RANGE (id)");
  sql("CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (10)");
  sql("CREATE TABLE high PARTITION OF t FOR VALUES FROM (10) TO (20)");
  options_.tables = {"t"};
  start();
  sql("INSERT INTO t VALUES (1), (11)");
  auto all = changes();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].table, "low");
  EXPECT_EQ(all[1].table, "high");
  options_.partitions_as_root = true;
  ASSERT_EQ(prepare_error(), "");
  sql("INSERT INTO t VALUES (2)");
  all = changes();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].table, "t");
}

TEST_F(Feed, ColumnListsAndRowFiltersHoldForTheSnapshotToo) {
  if (!has_filters()) GTEST_SKIP() << "PostgreSQL 14 has none";
  sql("CREATE TABLE t(id int PRIMARY KEY, shown int, secret int)");
  sql("INSERT INTO t VALUES (1, 1, 1), (2, 2, 2)");
  sql("CREATE PUBLICATION ours FOR TABLE t(id, shown) WHERE (id < 10 AND id <> 2)");
  options_.publication = "ours";
  options_.policies.snapshot = true;
  start();
  EXPECT_EQ(
      lines(),
      (Lines{R"(public.t {"op":"read","key":{"id":1},"before":null,"after":{"id":1,"shown":1}})"}));
  sql("INSERT INTO t VALUES (3, 3, 3), (30, 3, 3)");
  EXPECT_EQ(
      lines(),
      (Lines{
          R"(public.t {"op":"insert","key":{"id":3},"before":null,"after":{"id":3,"shown":3}})"}));
}

TEST_F(Feed, TablesWithoutAKeyAreReadInTheOrderOfTheFile) {
  sql("CREATE TABLE t(v text)");
  sql("ALTER TABLE t REPLICA IDENTITY FULL");
  sql("INSERT INTO t SELECT 'row ' || g || repeat('x', 2000) FROM generate_series(1, 1500) g");
  sql("CREATE TABLE c(k text COLLATE \"C\" PRIMARY KEY)");
  sql("INSERT INTO c SELECT 'key/' || g FROM generate_series(1, 50) g");
  options_.tables = {"t", "c"};
  options_.policies.snapshot = true;
  start();
  std::set<std::string> read;
  const auto all = changes();
  for (const Change& change : all) read.insert(change.id);
  EXPECT_EQ(all.size(), 1550U);
  EXPECT_EQ(read.size(), 1550U);
}

}  // namespace
}  // namespace headwater::postgresql

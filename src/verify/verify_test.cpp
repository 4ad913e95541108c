#include "src/verify/verify.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/json/json.h"
#include "src/verify/testing.h"

namespace headwater {
namespace {

Columns columns() {
  static const Columns names =
      std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"id", "state"});
  return names;
}

Columns key_columns() {
  static const Columns names =
      std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"id"});
  return names;
}

Change change(Op op, std::int64_t id, const std::string& state = "placed") {
  Change made;
  made.op = op;
  made.id = "u:" + std::to_string(id) + state;
  made.database = "shop";
  made.table = "orders";
  made.key = TableRow{.columns = key_columns(), .values = {id}};
  if (op != Op::remove) made.after = TableRow{.columns = columns(), .values = {id, Text{state}}};
  return made;
}

Change mark(Op op, bool restated, const std::string& table) {
  Change made;
  made.op = op;
  made.id = "u:mark";
  made.database = "shop";
  made.table = table;
  if (op == Op::gap) made.gap = Gap{.reason = "r", .from = "", .to = "", .restated = restated};
  return made;
}

class VerifyTest : public ::testing::Test {
 protected:
  VerifyReport run() {
    auto report = verify(database, events, events.tail(), {});
    EXPECT_TRUE(report) << report.error().message;
    return report ? std::move(*report) : VerifyReport{};
  }

  Events events;
  Database database;
};

TEST_F(VerifyTest, AgreesIfTheLastEventOfEachKeyIsTheRow) {
  events.add(change(Op::read, 1));
  events.add(change(Op::insert, 2));
  events.add(change(Op::update, 1, "paid"));
  events.add(change(Op::insert, 3));
  events.add(change(Op::remove, 2));
  events.add(change(Op::insert, 9), "sqlite:another");
  database.pieces = {{{}, {change(Op::read, 1, "paid"), change(Op::read, 3)}}};
  const VerifyReport report = run();
  EXPECT_TRUE(report.agree());
  EXPECT_EQ(report.events, 5U);
  ASSERT_EQ(report.tables.size(), 1U);
  EXPECT_EQ(report.tables[0].rows, 2U);
  EXPECT_EQ(report.tables[0].equal, 2U);
}

TEST_F(VerifyTest, NamesTheColumnThatDiffers) {
  events.add(change(Op::insert, 1, "placed"));
  database.pieces = {{{}, {change(Op::read, 1, "paid")}}};
  const VerifyReport report = run();
  EXPECT_FALSE(report.agree());
  ASSERT_EQ(report.examples.size(), 1U);
  EXPECT_EQ(report.examples[0].key, R"({"id":1})");
  EXPECT_EQ(report.examples[0].sequence, 1U);
  ASSERT_EQ(report.examples[0].columns.size(), 1U);
  EXPECT_EQ(report.examples[0].columns[0].column, "state");
  EXPECT_EQ(report.examples[0].columns[0].in_stream, R"("placed")");
  EXPECT_EQ(report.examples[0].columns[0].in_database, R"("paid")");
  EXPECT_NE(to_text(report).find("state: stream \"placed\", database \"paid\""), std::string::npos);
}

TEST_F(VerifyTest, FindsRowsThatOnlyOneSideHas) {
  events.add(change(Op::insert, 1));
  database.pieces = {{{}, {change(Op::read, 2)}}};
  const VerifyReport report = run();
  EXPECT_FALSE(report.agree());
  EXPECT_EQ(report.tables[0].only_in_database, 1U);
  EXPECT_EQ(report.tables[0].only_in_stream, 1U);
}

TEST_F(VerifyTest, ErrorsInTheIdsAreDifferences) {
  database.ids.lost = 1;
  EXPECT_FALSE(run().agree());
  database.ids = {};
  database.ids.repeated = 1;
  EXPECT_FALSE(run().agree());
  database.ids = {};
  database.ids.out_of_order = 1;
  EXPECT_FALSE(run().agree());
  database.ids = {};
  database.ids.pending = 1;
  EXPECT_TRUE(run().agree());
}

TEST_F(VerifyTest, AfterRetentionMissingRowsAreNotComparable) {
  events.add(change(Op::insert, 1));
  events.add(change(Op::insert, 2));
  events.age_out(1);
  database.pieces = {{{}, {change(Op::read, 1), change(Op::read, 2)}}};
  const VerifyReport report = run();
  EXPECT_TRUE(report.agree());
  EXPECT_EQ(report.tables[0].not_comparable, 1U);
  EXPECT_EQ(report.tables[0].equal, 1U);
}

TEST_F(VerifyTest, RowsOlderThanTheCaptureAreNotComparable) {
  database.from_start = false;
  database.pieces = {{{}, {change(Op::read, 1)}}};
  const VerifyReport report = run();
  EXPECT_TRUE(report.agree());
  EXPECT_EQ(report.tables[0].not_comparable, 1U);
}

TEST_F(VerifyTest, RowsWithoutAKeyAreNotComparable) {
  Change row = change(Op::insert, 1);
  row.key.reset();
  events.add(row);
  row.op = Op::read;
  database.pieces = {{{}, {row}}};
  const VerifyReport report = run();
  EXPECT_TRUE(report.agree());
  EXPECT_EQ(report.tables[0].not_comparable, 1U);
}

/// One of two equal rows was deleted: the stream says that there is none.
TEST_F(VerifyTest, RowsThatMayBeEqualAreNotMissed) {
  database.repeating = "orders";
  events.add(change(Op::insert, 1));
  events.add(change(Op::insert, 1));
  events.add(change(Op::remove, 1));
  events.add(change(Op::insert, 2));
  database.pieces = {{{}, {change(Op::read, 1)}}};
  const VerifyReport report = run();
  EXPECT_EQ(report.tables[0].not_comparable, 1U);
  EXPECT_EQ(report.tables[0].only_in_database, 0U);
  EXPECT_EQ(report.tables[0].only_in_stream, 1U);
}

TEST_F(VerifyTest, PendingChangesBelongToTheComparison) {
  events.add(change(Op::insert, 1));
  database.pieces = {{{change(Op::update, 1, "paid"), change(Op::insert, 2)},
                      {change(Op::read, 1, "paid"), change(Op::read, 2)}}};
  EXPECT_TRUE(run().agree());
}

TEST_F(VerifyTest, RowsThatAppearBehindTheCursorAreNotADifference) {
  events.add(change(Op::insert, 1));
  events.add(change(Op::insert, 5));
  database.pieces = {{{}, {change(Op::read, 1)}},
                     {{change(Op::insert, 0), change(Op::remove, 1), change(Op::update, 5, "paid")},
                      {change(Op::read, 5, "paid")}}};
  EXPECT_TRUE(run().agree());
}

/// What the database has forgotten by then is in the stream only.
TEST_F(VerifyTest, RowsMayWaitForEventsAfterTheTail) {
  events.add(change(Op::insert, 1));
  const Tail tail = events.tail();
  events.add(change(Op::update, 1, "paid"));
  events.add(change(Op::insert, 9), "sqlite:another");
  events.add(change(Op::remove, 3));
  database.waiting = {{{}, {change(Op::read, 1, "paid")}}};
  auto report = verify(database, events, tail, {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->agree()) << to_text(*report);
  EXPECT_EQ(report->events, 1U);
  EXPECT_EQ(report->tables.at(0).equal, 1U);
  EXPECT_EQ(database.later, (std::vector<std::uint64_t>{2, 4}));
}

TEST_F(VerifyTest, ARowMissingAheadOfTheCursorIsFound) {
  events.add(change(Op::insert, 1));
  events.add(change(Op::insert, 5));
  database.pieces = {{{}, {change(Op::read, 1)}}, {{change(Op::update, 5, "paid")}, {}}};
  EXPECT_EQ(run().tables[0].only_in_stream, 1U);
}

TEST_F(VerifyTest, DropAndRestatedGapVoidTheTable) {
  events.add(change(Op::insert, 1));
  events.add(mark(Op::drop, false, "orders"));
  events.add(change(Op::insert, 2));
  events.add(mark(Op::gap, true, "orders"));
  events.add(change(Op::insert, 3));
  events.add(mark(Op::gap, true, ""));
  events.add(change(Op::insert, 4));
  events.add(mark(Op::gap, false, "orders"));
  database.pieces = {{{}, {change(Op::read, 4)}}};
  EXPECT_TRUE(run().agree());
}

/// A gap does not contain such a key: the partition key identifies the row.
TEST_F(VerifyTest, AGapNamesARowWithALongKey) {
  const auto long_key = [](Op op, char first) {
    Change made = change(op, first);
    std::get<TableRow>(*made.key).values = {Text{first + std::string(5'000, 'k')}};
    if (op == Op::gap) {
      made.after.reset();
      made.gap = Gap{.reason = "r", .from = "", .to = ""};
    }
    return made;
  };
  events.add(long_key(Op::insert, 'a'));
  events.add(long_key(Op::insert, 'b'));
  events.add(long_key(Op::gap, 'c'));
  events.add(long_key(Op::gap, 'b'));
  events.add(long_key(Op::insert, 'd'));
  events.add(long_key(Op::remove, 'd'));
  database.pieces = {
      {{}, {long_key(Op::read, 'a'), long_key(Op::read, 'c'), long_key(Op::read, 'd')}}};
  const VerifyReport report = run();
  ASSERT_EQ(report.tables.size(), 1U);
  EXPECT_EQ(report.tables[0].equal, 1U);
  EXPECT_EQ(report.tables[0].not_comparable, 1U);
  EXPECT_EQ(report.tables[0].only_in_stream, 0U) << "nobody knows whether b is still there";
  EXPECT_EQ(report.tables[0].only_in_database, 1U) << "d was deleted, and says so";
}

TEST_F(VerifyTest, StopsWhenAsked) {
  events.add(change(Op::insert, 1));
  std::stop_source stop;
  stop.request_stop();
  const auto report = verify(database, events, events.tail(), {.stop = stop.get_token()});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().name, "verify.stopped");
}

TEST(VerifyReport, AsJsonMatchesTheDocumentation) {
  VerifyReport report{.source = "sqlite:u", .tail_sequence = 7, .events = 6};
  report.ids.lost = 1;
  report.ids.examples = {"u:1"};
  report.tables = {{.table = "t", .rows = 2, .equal = 1, .differing = 1}};
  report.examples = {{.table = "t",
                      .key = R"({"id":1})",
                      .sequence = 3,
                      .columns = {{"c\xff", "1", ""}},
                      .only_order = true}};
  const std::string text = to_json(report);
  EXPECT_EQ(Json::parse(text)->dump(),
            R"({"agree":false,"source":"sqlite:u","tail_sequence":7,"events":6,"committed":0,)"
            R"("published":0,"pending":0,"aged_out":0,"left_out":0,"lost":1,"repeated":0,)"
            R"("out_of_order":0,"unknown":0,"unproven":0,"id_examples":["u:1"],)"
            R"("tables":[{"table":"t","rows":2,"equal":1,"different":1,"only_in_stream":0,)"
            R"("only_in_database":0,"not_comparable":0}],)"
            R"("differences":[{"kind":"differs","table":"t","key":"{\"id\":1}","sequence":3,)"
            "\"columns\":[{\"column\":\"c\uFFFD\",\"stream\":\"1\",\"database\":\"\"}],"
            R"("only_order":true}]})");
  EXPECT_TRUE(text.starts_with("{\n  \"agree\": false,\n  \"source\": \"sqlite:u\",\n"));
}

Change in_schema(const std::string& schema, Change made) {
  made.schema = schema;
  return made;
}

TEST_F(VerifyTest, TablesOfTwoSchemasAreTwo) {
  events.add(in_schema("public", change(Op::insert, 1, "placed")));
  events.add(in_schema("archive", change(Op::insert, 1, "paid")));
  events.add(in_schema("archive", change(Op::insert, 2, "paid")));
  events.add(in_schema("archive", mark(Op::truncate, false, "orders")));
  database.pieces = {{{}, {in_schema("public", change(Op::read, 1, "placed"))}}};
  const VerifyReport good = run();
  EXPECT_TRUE(good.agree()) << to_text(good);
  ASSERT_EQ(good.tables.size(), 1U);
  EXPECT_EQ(good.tables[0].table, "public.orders");
}

TEST_F(VerifyTest, RowsOfATruncatedTableAreGone) {
  events.add(change(Op::insert, 1));
  events.add(mark(Op::truncate, false, "orders"));
  events.add(change(Op::insert, 2));
  database.pieces = {{{}, {change(Op::read, 2)}}};
  EXPECT_TRUE(run().agree());
}

Change with_state(Change made, Value state) {
  std::get<TableRow>(*made.after).values[1] = std::move(state);
  return made;
}

TEST_F(VerifyTest, UnsentValuesAreUnchanged) {
  database.unchanged = true;
  events.add(change(Op::insert, 1, "a long text"));
  events.add(with_state(change(Op::update, 1), Unchanged{}));
  events.add(with_state(change(Op::update, 1), Unchanged{}));
  database.pieces = {{{}, {change(Op::read, 1, "a long text")}}};
  const VerifyReport good = run();
  EXPECT_TRUE(good.agree()) << to_text(good);
  EXPECT_EQ(good.tables[0].equal, 1U);
}

TEST_F(VerifyTest, ADifferenceOmitsUnsentValues) {
  database.unchanged = true;
  events.add(change(Op::insert, 1, "a long text"));
  events.add(with_state(change(Op::update, 1), Unchanged{}));
  Change now = change(Op::read, 1, "a long text");
  std::get<TableRow>(*now.after).values[0] = std::int64_t{2};
  database.pieces = {{{}, {now}}};
  const VerifyReport report = run();
  ASSERT_EQ(report.examples.size(), 1U);
  ASSERT_EQ(report.examples[0].columns.size(), 1U);
  EXPECT_EQ(report.examples[0].columns[0].column, "id");
}

/// The value is in the row that was deleted just before, and in no other.
TEST_F(VerifyTest, AnUnsentValueOfAnUpdatedKeyIsThatOfTheDeletedRow) {
  database.unchanged = true;
  events.add(change(Op::insert, 1, "a long text"));
  events.add(change(Op::insert, 2, "another"));
  events.add(change(Op::remove, 1));
  events.add(with_state(change(Op::insert, 3), Unchanged{}));
  events.add(with_state(change(Op::insert, 4), Unchanged{}));
  database.pieces = {{{},
                      {change(Op::read, 2, "another"), change(Op::read, 3, "a long text"),
                       change(Op::read, 4, "whatever")}}};
  const VerifyReport report = run();
  EXPECT_TRUE(report.agree()) << to_text(report);
  EXPECT_EQ(report.tables[0].equal, 2U);
  EXPECT_EQ(report.tables[0].not_comparable, 1U);
}

/// An update whose row was never published whole has too little to compare.
TEST_F(VerifyTest, ValuesThatWereNeverSentAreNotCompared) {
  database.unchanged = true;
  events.add(with_state(change(Op::update, 1), Unchanged{}));
  database.pieces = {{{}, {change(Op::read, 1, "a long text")}}};
  const VerifyReport report = run();
  EXPECT_EQ(report.tables[0].not_comparable, 1U);
  EXPECT_TRUE(report.agree());
}

}  // namespace
}  // namespace headwater

// The comparison for a database of documents, some of whose updates only carry the differences.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "src/verify/testing.h"
#include "src/verify/verify.h"

namespace headwater {
namespace {

Change change(Op op, std::int64_t id, const std::string& fields = "") {
  Change made;
  made.op = op;
  made.id = "c";
  made.database = "shop";
  made.table = "orders";
  made.key =
      Document{.json = R"({"_id":)" + std::to_string(id) + "}", .exact_key = std::to_string(id)};
  if (!fields.empty()) {
    made.after = Document{.json = R"({"_id":)" + std::to_string(id) + "," + fields + "}"};
  }
  return made;
}

Change difference(std::int64_t id, const std::string& fields) {
  Change made = change(Op::update, id);
  made.detail = R"({"append":{)" + fields + "}}";
  return made;
}

Change in(const std::string& database, const std::string& table, Change made) {
  made.database = database;
  made.table = table;
  return made;
}

Change of_all(Op op, const std::string& table, const std::string& to = "") {
  Change made;
  made.op = op;
  made.id = "m";
  made.database = "shop";
  made.table = table;
  made.renamed_to = to;
  if (op == Op::other) made.other_op = "createIndexes";
  if (op == Op::gap) made.gap = Gap{.reason = "r", .from = "", .to = "", .restated = true};
  return made;
}

class VerifyDocuments : public ::testing::Test {
 protected:
  VerifyDocuments() { database.differences = true; }

  VerifyReport run() {
    auto report = verify(database, events, events.tail(), {});
    EXPECT_TRUE(report) << report.error().message;
    return report ? std::move(*report) : VerifyReport{};
  }
  void rows(std::vector<Change> all) { database.pieces = {{{}, std::move(all)}}; }

  Events events;
  Database database;
};

TEST_F(VerifyDocuments, WholeDocumentsAreComparedExactly) {
  events.add(change(Op::insert, 1, R"("a":1,"b":2)"));
  events.add(change(Op::insert, 2, R"("a":1)"));
  events.add(change(Op::replace, 2, R"("c":3)"));
  rows({change(Op::read, 1, R"("a":1,"b":2)"), change(Op::read, 2, R"("c":3)")});
  EXPECT_TRUE(run().agree());
}

TEST_F(VerifyDocuments, AnotherOrderOfFieldsIsReported) {
  events.add(change(Op::insert, 1, R"("a":1,"b":2)"));
  rows({change(Op::read, 1, R"("b":2,"a":1)")});
  const VerifyReport report = run();
  EXPECT_EQ(report.tables.at(0).differing, 1U);
  EXPECT_TRUE(report.examples.at(0).only_order);
  EXPECT_NE(to_text(report).find("in another order"), std::string::npos);
}

TEST_F(VerifyDocuments, DifferencesAreAppliedToEarlierEvents) {
  events.add(change(Op::insert, 1, R"("a":1)"));
  events.add(difference(1, R"("c":3)"));
  events.add(difference(1, R"("b":2)"));
  rows({change(Op::read, 1, R"("a":1,"b":2,"c":3)")});
  const VerifyReport report = run();
  EXPECT_TRUE(report.agree()) << to_text(report);
  EXPECT_EQ(report.tables.at(0).equal, 1U);
}

TEST_F(VerifyDocuments, ADifferenceThatTheDatabaseLacksIsReported) {
  events.add(change(Op::insert, 1, R"("a":1)"));
  events.add(difference(1, R"("b":2)"));
  rows({change(Op::read, 1, R"("a":1,"b":3)")});
  const VerifyReport report = run();
  EXPECT_FALSE(report.agree());
  ASSERT_EQ(report.examples.at(0).columns.size(), 1U);
  EXPECT_EQ(report.examples[0].columns[0].column, "b");
  EXPECT_EQ(report.examples[0].columns[0].in_stream, "2");
  EXPECT_EQ(report.examples[0].columns[0].in_database, "3");
  EXPECT_EQ(report.examples[0].sequence, 2U);
}

TEST_F(VerifyDocuments, WithoutTheWholeDocumentOnlyItsPresenceIsCompared) {
  events.add(difference(1, R"("b":2)"));
  events.add(change(Op::insert, 2, R"("a":1)"));
  events.add(change(Op::update, 2));
  events.add(difference(3, R"("b":2)"));
  rows({change(Op::read, 1, R"("b":3)"), change(Op::read, 2, R"("a":9)")});
  const VerifyReport report = run();
  EXPECT_EQ(report.tables.at(0).not_comparable, 2U);
  EXPECT_EQ(report.tables.at(0).differing, 0U);
  EXPECT_EQ(report.tables.at(0).only_in_stream, 1U) << "the third is gone, and nothing says so";
}

TEST_F(VerifyDocuments, AWholeDocumentMakesTheContentKnownAgain) {
  events.add(difference(1, R"("b":2)"));
  events.add(change(Op::update, 1, R"("a":1)"));
  events.add(difference(1, R"("b":2)"));
  rows({change(Op::read, 1, R"("a":1,"b":3)")});
  EXPECT_EQ(run().tables.at(0).differing, 1U);
}

TEST_F(VerifyDocuments, PendingDifferencesBelongToTheComparison) {
  events.add(change(Op::insert, 1, R"("a":1)"));
  database.pieces = {
      {{difference(1, R"("b":2)"), change(Op::insert, 2, R"("a":1)"), difference(2, R"("b":2)")},
       {change(Op::read, 1, R"("a":1,"b":2)"), change(Op::read, 2, R"("b":2,"a":1)")}}};
  EXPECT_TRUE(run().agree());
}

TEST_F(VerifyDocuments, RenameMovesTheRowsOverThoseOfTheOtherTable) {
  events.add(change(Op::insert, 1, R"("a":1)"));
  events.add(in("shop", "archive", change(Op::insert, 2, R"("a":2)")));
  events.add(of_all(Op::rename, "orders", "archive"));
  events.add(difference(1, R"("lost":1)"));
  events.add(change(Op::remove, 1));
  events.add(in("shop", "archive", difference(1, R"("b":2)")));
  rows({in("shop", "archive", change(Op::read, 1, R"("a":1,"b":2)"))});
  const VerifyReport report = run();
  EXPECT_TRUE(report.agree()) << to_text(report);
  EXPECT_EQ(report.tables.at(0).equal, 1U);
}

TEST_F(VerifyDocuments, RowsRenamedOutOfTheWatchedSetAreNotMissing) {
  database.outside = "archive";
  events.add(change(Op::insert, 1, R"("a":1)"));
  events.add(of_all(Op::rename, "orders", "archive"));
  events.add(of_all(Op::invalidate, "orders"));
  events.add(change(Op::insert, 2, R"("a":2)"));
  rows({change(Op::read, 2, R"("a":2)")});
  EXPECT_TRUE(run().agree());
}

TEST_F(VerifyDocuments, RowsRenamedIntoTheWatchedSetAreNotComparable) {
  database.outside = "fresh";
  events.add(change(Op::insert, 1, R"("a":1)"));
  events.add(of_all(Op::rename, "fresh", "orders"));
  rows({change(Op::read, 7, R"("a":7)")});
  const VerifyReport report = run();
  EXPECT_TRUE(report.agree()) << to_text(report);
  EXPECT_EQ(report.tables.at(0).not_comparable, 1U);
}

TEST_F(VerifyDocuments, ATableDroppedAfterItWasRenamedInIsKnown) {
  database.outside = "fresh";
  events.add(of_all(Op::rename, "fresh", "orders"));
  events.add(of_all(Op::drop, "orders"));
  rows({change(Op::read, 7, R"("a":7)")});
  EXPECT_EQ(run().tables.at(0).only_in_database, 1U);
}

TEST_F(VerifyDocuments, ARenameWhileRowsAreComparedIsNoDifference) {
  events.add(change(Op::insert, 1, R"("a":1)"));
  events.add(change(Op::insert, 2, R"("a":2)"));
  database.pieces = {{{}, {change(Op::read, 1, R"("a":1)")}},
                     {{of_all(Op::rename, "orders", "archive")}, {}}};
  EXPECT_TRUE(run().agree());
}

TEST_F(VerifyDocuments, SeveralDatabasesMayHaveTablesOfTheSameName) {
  database.several = true;
  events.add(change(Op::insert, 1, R"("a":1)"));
  events.add(in("other", "orders", change(Op::insert, 1, R"("a":2)")));
  events.add(in("third.part", "orders", change(Op::insert, 1, R"("a":3)")));
  rows({in("other", "orders", change(Op::read, 1, R"("a":2)")),
        in("third.part", "orders", change(Op::read, 1, R"("a":4)")),
        change(Op::read, 1, R"("a":1)")});
  const VerifyReport report = run();
  ASSERT_EQ(report.tables.size(), 3U);
  EXPECT_EQ(report.tables[0].table, "other.orders");
  EXPECT_EQ(report.tables[0].equal, 1U);
  EXPECT_EQ(report.tables[1].table, "shop.orders");
  EXPECT_EQ(report.tables[2].differing, 1U);
  EXPECT_EQ(report.examples.at(0).table, "third.part.orders");
}

TEST_F(VerifyDocuments, ADroppedDatabaseDropsAllItsTables) {
  database.several = true;
  const Change kept = in("other", "shop", change(Op::insert, 1, R"("a":2)"));
  events.add(change(Op::insert, 1, R"("a":1)"));
  events.add(in("shop", "shop", change(Op::insert, 1, R"("a":1)")));
  events.add(kept);
  events.add(of_all(Op::drop_database, ""));
  rows({in("other", "shop", change(Op::read, 1, R"("a":2)"))});
  const VerifyReport report = run();
  EXPECT_TRUE(report.agree()) << to_text(report);
}

TEST_F(VerifyDocuments, ARestatedGapOfTheWholeDeploymentVoidsEverything) {
  database.several = true;
  events.add(change(Op::insert, 1, R"("a":1)"));
  events.add(in("other", "orders", change(Op::insert, 1, R"("a":2)")));
  Change gap = of_all(Op::gap, "");
  gap.database = "*";
  events.add(gap);
  events.add(change(Op::read, 2, R"("a":1)"));
  rows({change(Op::read, 2, R"("a":1)")});
  EXPECT_TRUE(run().agree());
}

TEST_F(VerifyDocuments, AGapInOneRowLeavesItsContentUnknown) {
  events.add(change(Op::insert, 1, R"("a":1)"));
  events.add(change(Op::insert, 2, R"("a":2)"));
  for (const int id : {1, 2}) {
    Change gap = change(Op::gap, id);
    gap.gap = Gap{.reason = "too large", .from = "", .to = "", .restated = false};
    events.add(gap);
  }
  rows({change(Op::read, 1, R"("a":5)")});
  const VerifyReport report = run();
  EXPECT_TRUE(report.agree()) << to_text(report);
  EXPECT_EQ(report.tables.at(0).not_comparable, 1U);
}

TEST_F(VerifyDocuments, AnUnknownOperationChangesNoRow) {
  events.add(change(Op::insert, 1, R"("a":1)"));
  events.add(of_all(Op::other, "orders"));
  events.add(of_all(Op::invalidate, "orders"));
  rows({change(Op::read, 1, R"("a":1)")});
  EXPECT_TRUE(run().agree());
}

TEST_F(VerifyDocuments, ReportsWhyRowsAreNotCompared) {
  database.not_compared = "a pipeline chooses";
  database.ids.unproven = 3;
  database.ids.unproven_because = "the history is gone";
  events.add(change(Op::insert, 1, R"("a":1)"));
  const VerifyReport report = run();
  EXPECT_TRUE(report.agree());
  EXPECT_NE(to_text(report).find("rows not compared: a pipeline chooses\n"), std::string::npos);
  EXPECT_NE(to_text(report).find("3  the history is gone\n"), std::string::npos);
}

TEST_F(VerifyDocuments, AChangeTheDatabaseDoesNotKnowIsADifference) {
  database.ids.unknown = 1;
  EXPECT_FALSE(run().agree());
}

}  // namespace
}  // namespace headwater

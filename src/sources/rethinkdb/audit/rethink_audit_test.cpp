// The whole comparison on a server: faults planted in the stream are named.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "src/sources/rethinkdb/audit/rethink_audit_rig.h"

namespace headwater::rethinkdb {
namespace {

class RethinkAuditTest : public RethinkAuditRig {};

TEST_F(RethinkAuditTest, FindsNoFaultWhereNoneIs) {
  fill();
  expect_agreement(2, 6);
  EXPECT_EQ(report().ids.committed, 6U);
}

TEST_F(RethinkAuditTest, ReadsAllPages) {
  prepare();
  relay();
  std::vector<Term> many;
  for (int id = 1; id <= 600; ++id) many.push_back(Term::object({{"id", id}}));
  run(orders().then(TermType::insert, {Term::array(many)}));
  relay();
  expect_agreement(600, 600);
}

TEST_F(RethinkAuditTest, AnEventMissingInTheMiddleOfAKeyIsLost) {
  fill();
  lose(5);
  expect_ids(1, 0, 0);
}

TEST_F(RethinkAuditTest, AnEventMissingAtTheStartOfAKeyIsLost) {
  fill();
  lose(3);
  lose(4);
  expect_ids(2, 0, 0);
}

TEST_F(RethinkAuditTest, AnEventMissingAtTheEndOfAKeyIsLostAndItsRowDiffers) {
  fill();
  lose(8);
  expect_ids(1, 0, 0);
  const VerifyReport found = report();
  EXPECT_EQ(found.tables.at(0).differing, 1U) << to_text(found);
  EXPECT_EQ(found.ids.examples.at(0), "version 3 of 1");
}

/// The tail says that the event is in the stream.
TEST_F(RethinkAuditTest, AnEventThatTheJournalStillHasIsLostAllTheSame) {
  fill();
  update(1, "once more");
  relay_without_release();
  expect_agreement(2, 7);
  lose(9);
  expect_ids(1, 0, 0);
  EXPECT_EQ(report().tables.at(0).differing, 1U);
}

TEST_F(RethinkAuditTest, AMissingDeleteIsLost) {
  fill();
  lose(7);
  expect_ids(1, 0, 0);
  EXPECT_EQ(report().tables.at(0).only_in_stream, 1U);
  purge(2);
  expect_ids(1, 0, 0);
  EXPECT_EQ(report().tables.at(0).only_in_stream, 1U);
}

TEST_F(RethinkAuditTest, AllEventsOfAKeyAreMissed) {
  fill();
  lose(3);
  lose(6);
  expect_ids(2, 0, 0);
  EXPECT_EQ(report().tables.at(0).only_in_database, 1U);
}

TEST_F(RethinkAuditTest, ADoubledEventIsRepeated) {
  fill();
  event(6) = event(5);
  expect_ids(1, 1, 0);
}

TEST_F(RethinkAuditTest, SwappedEventsAreOutOfOrder) {
  fill();
  std::swap(event(4), event(5));
  expect_ids(0, 0, 1);
}

TEST_F(RethinkAuditTest, SwappedEventsAtTheStartAndTheEndAreOutOfOrder) {
  fill();
  std::swap(event(3), event(6));
  std::swap(event(5), event(8));
  expect_ids(0, 0, 2);
}

TEST_F(RethinkAuditTest, EventsOfDifferentKeysHaveNoOrder) {
  fill();
  std::swap(event(7), event(8));
  expect_agreement(2, 6);
}

TEST_F(RethinkAuditTest, AnEventTheDatabaseNeverHadIsUnknown) {
  fill();
  event(8).id = "9" + event(8).id;
  event(7).id = "no number";
  const VerifyReport found = report();
  EXPECT_FALSE(found.agree());
  EXPECT_EQ(found.ids.unknown, 2U) << to_text(found);
}

TEST_F(RethinkAuditTest, AWritePastTheHookIsADifference) {
  fill();
  update(1, "secretly", {{"ignore_write_hook", true}});
  const VerifyReport found = report();
  EXPECT_FALSE(found.agree());
  EXPECT_EQ(found.ids.lost + found.ids.unknown, 0U) << to_text(found);
  ASSERT_EQ(found.examples.size(), 1U) << to_text(found);
  EXPECT_EQ(found.examples[0].key, R"({"id":1})");
  EXPECT_EQ(found.examples[0].sequence, 8U);
  EXPECT_EQ(found.examples[0].columns.at(0).column, "state");
}

TEST_F(RethinkAuditTest, AnAlteredEventIsNamedWithItsField) {
  fill();
  std::string& data = event(8).data;
  data.replace(data.rfind("done"), 4, "open");
  const VerifyReport found = report();
  ASSERT_EQ(found.examples.size(), 1U) << to_text(found);
  EXPECT_EQ(found.examples[0].columns.at(0).in_stream, R"("open")");
  EXPECT_EQ(found.examples[0].columns.at(0).in_database, R"("done")");
}

TEST_F(RethinkAuditTest, WithoutASnapshotTheStartIsProvenToo) {
  options_.policies.snapshot = false;
  insert(1, "older");
  insert(2, "older");
  prepare();
  insert(4, "placed");
  relay();
  update(1, "paid");
  relay();
  insert(3, "placed");
  relay();
  update(3, "paid");
  relay();
  VerifyReport found = report();
  EXPECT_TRUE(found.agree()) << to_text(found);
  EXPECT_EQ(found.tables.at(0).equal, 3U);
  EXPECT_EQ(found.tables.at(0).not_comparable, 1U);
  EXPECT_EQ(found.ids.unproven, 0U) << to_text(found);
  lose(2);
  lose(3);
  expect_ids(2, 0, 0);
}

TEST_F(RethinkAuditTest, WhatRetentionMayHaveRemovedIsUnproven) {
  fill();
  lose(1);
  lose(2);
  lose(3);
  VerifyReport found = report();
  EXPECT_TRUE(found.agree()) << to_text(found);
  EXPECT_EQ(found.ids.unproven, 1U);
  EXPECT_NE(found.ids.unproven_because, "");
  lose(6);
  found = report();
  EXPECT_TRUE(found.agree()) << to_text(found);
  EXPECT_EQ(found.ids.unproven, 2U) << "nobody knows about the whole document";
  lose(5);
  EXPECT_EQ(report().ids.lost, 1U);
}

TEST_F(RethinkAuditTest, RowsReadAgainAreCompared) {
  fill();
  const auto asked = adapter()->read_again("r", tail(), {"orders"}, "");
  ASSERT_TRUE(asked) << asked.error().message;
  tail_ = **asked;
  expect_agreement(2, 6);
  update(3, "meanwhile");
  relay();
  ASSERT_EQ(events_.stored().size(), 11U);
  expect_agreement(2, 7);
  const Event row = event(10);
  event(10).id = event(9).id;
  EXPECT_GE(report().ids.repeated, 1U);
  event(10) = row;
  // Events 9 to 11 have all changes, but an earlier one is missed.
  lose(8);
  EXPECT_EQ(report().ids.lost, 1U);
}

}  // namespace
}  // namespace headwater::rethinkdb

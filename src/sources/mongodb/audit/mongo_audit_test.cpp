// The whole comparison on a server: faults planted in the stream are named.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "src/sources/mongodb/adapter.h"
#include "src/sources/mongodb/audit/mongo_audit_rig.h"

namespace headwater::mongodb {
namespace {

class MongoAuditTest : public MongoAuditRig {};

TEST_P(MongoAuditTest, FindsNoFaultWhereNoneIs) {
  fill();
  expect_agreement(4);
  const VerifyReport found = report();
  EXPECT_EQ(found.ids.published, 8U);
  EXPECT_EQ(found.ids.committed, 8U);
  EXPECT_EQ(found.ids.unproven, 0U);
}

TEST_P(MongoAuditTest, AMissingEventIsLost) {
  fill();
  lose(8);
  expect_ids(1, 0, 0);
}

TEST_P(MongoAuditTest, TheFirstAndTheLastAreMissedToo) {
  fill();
  lose(4);
  lose(11);
  expect_ids(2, 0, 0);
}

TEST_P(MongoAuditTest, ADoubledEventIsRepeated) {
  fill();
  event(11) = event(10);
  expect_ids(1, 1, 0);
}

TEST_P(MongoAuditTest, SwappedEventsAreOutOfOrder) {
  fill();
  std::swap(event(4), event(5));
  std::swap(event(8), event(9));
  expect_ids(0, 0, 2);
}

TEST_P(MongoAuditTest, SwappedEventsAtTheVeryBeginningAreOutOfOrder) {
  options_.policies.snapshot = false;
  relay();
  insert(R"({"_id":1})");
  insert(R"({"_id":2})");
  insert(R"({"_id":3})");
  relay();
  std::swap(event(1), event(2));
  expect_ids(0, 0, 1);
}

TEST_P(MongoAuditTest, AnEventTheServerNeverHadIsUnknown) {
  fill();
  event(7).id += "00";
  const VerifyReport found = report();
  EXPECT_EQ(found.ids.unknown, 1U) << to_text(found);
  EXPECT_EQ(found.ids.lost, 1U);
  EXPECT_FALSE(found.agree());
}

TEST_P(MongoAuditTest, AlteredContentIsNamedWithItsField) {
  fill();
  replace_in(10, "placed", "paid");
  replace_in(11, "9", "8");
  const VerifyReport found = report();
  EXPECT_EQ(found.tables.at(0).differing, 2U) << to_text(found);
  ASSERT_EQ(found.examples.size(), 2U);
  EXPECT_EQ(found.examples[0].columns.at(0).column, "lines");
  EXPECT_EQ(found.examples[0].columns.at(0).in_stream, "[1,8,3]");
  EXPECT_EQ(found.examples[0].columns.at(0).in_database, "[1,9,3]");
  EXPECT_EQ(found.examples[1].sequence, 10U);
  EXPECT_EQ(found.examples[1].columns.at(0).column, "state");
}

TEST_P(MongoAuditTest, WhatIsNotYetPublishedIsNoFault) {
  fill();
  update(1, R"({"$set":{"state":"shipped"}})");
  remove(2);
  insert(R"({"_id":9})");
  update(9, R"({"$set":{"a":[1]}})");
  const VerifyReport found = report();
  EXPECT_TRUE(found.agree()) << to_text(found);
  EXPECT_EQ(found.ids.pending, 4U);
  EXPECT_EQ(found.tables.at(0).equal, 4U);
}

/// No change is left out meanwhile, so all is compared as before.
TEST_P(MongoAuditTest, DocumentsReadOnRequestAreCompared) {
  fill();
  SourceOptions options;
  options.uri = options_.uri;
  options.watch = options_.watch;
  options.policies = options_.policies;
  options.identity = options_.identity;
  auto adapter = make_mongodb_source(std::move(options), clock_);
  const auto asked =
      adapter->read_again("r", events_.tail(tail_, audited_identity), {"orders"}, "");
  ASSERT_TRUE(asked) << asked.error().message;
  ASSERT_TRUE(*asked);
  tail_ = **asked;
  expect_agreement(4);
  relay_some(13);
  update(2, R"({"$set":{"state":"read"}})");
  expect_agreement(4);
  relay();
  ASSERT_EQ(events_.stored().size(), 16U);
  expect_agreement(4);
  const VerifyReport found = report();
  EXPECT_EQ(found.ids.published, 9U) << to_text(found);
  EXPECT_EQ(found.ids.unproven, 0U) << to_text(found);

  // Event 12 is the first that was read again.
  const std::string read = event(12).data;
  replace_in(12, "paid", "odd");
  EXPECT_EQ(report().tables.at(0).differing, 1U);
  event(12).data = read;
  event(13).id = event(12).id;
  EXPECT_EQ(report().ids.repeated, 1U);
  lose(8);
  EXPECT_EQ(report().ids.lost, 1U);
}

INSTANTIATE_TEST_SUITE_P(Servers, MongoAuditTest,
                         ::testing::Values(MongoKind::secantus, MongoKind::real),
                         [](const auto& param) {
                           return param.param == MongoKind::real ? "Real" : "Secantus";
                         });

}  // namespace
}  // namespace headwater::mongodb

#include <gtest/gtest.h>
#include <headwater/inbox/mongodb.h>

#include "src/inbox/mongodb/shared_database.h"
#include "src/inbox/mongodb/test_connection.h"
#include "testing/contract/inbox_errors.h"

namespace headwater::testing {
namespace {

using client::MongoInbox;
using client::Remedy;

class MongoInboxTest : public ::testing::Test {
 protected:
  [[nodiscard]] client::Result<MongoInbox> try_open(std::chrono::seconds keep) {
    return MongoInbox::open(client_.get(), consumers_database,
                            {.consumer = "mail", .keep = keep, .table = "inbox"});
  }
  MongoInbox open(std::chrono::seconds keep = std::chrono::days(7)) {
    auto inbox = try_open(keep);
    EXPECT_TRUE(inbox) << inbox.error().message;
    return *std::move(inbox);
  }
  static void begin(mongoc_client_session_t* session) {
    bson_error_t why;
    ASSERT_TRUE(mongoc_client_session_start_transaction(session, nullptr, &why)) << why.message;
  }
  static void commit(mongoc_client_session_t* session) {
    bson_error_t why;
    ASSERT_TRUE(mongoc_client_session_commit_transaction(session, nullptr, &why)) << why.message;
  }

  InboxDatabase database_;
  MongoConnection client_ = connect_mongodb(database_.uri());
  MongoSession session_ = start_session(client_.get());
};

TEST_F(MongoInboxTest, TheTtlIndexIsMadeAndItsPeriodChanged) {
  (void)open();
  EXPECT_EQ(database_.period(), 7 * 86'400);
  (void)open(std::chrono::days(3));
  EXPECT_EQ(database_.period(), 3 * 86'400);
  (void)open(std::chrono::days(3));
  EXPECT_EQ(database_.period(), 3 * 86'400);
}

TEST_F(MongoInboxTest, AnIndexThatIsNotTtl) {
  (void)open();
  database_.shell().command("consumer", R"({"dropIndexes": "inbox", "index": "claimedAt_1"})");
  database_.shell().command("consumer",
                            R"({"createIndexes": "inbox", "indexes": [{"key": {"claimedAt": 1},
                                "name": "claimedAt_1"}]})");
  expect_error(try_open(std::chrono::days(7)), "inbox.other_shape", "TTL", Remedy::stop);
}

TEST_F(MongoInboxTest, CallsOutsideATransaction) {
  auto inbox = open();
  expect_error(inbox.claim(session_.get(), {}, 0), "inbox.no_transaction", "outside", Remedy::stop);
}

TEST_F(MongoInboxTest, WhatOtherWorkersHaveClaimedSinceOpeningIsKnown) {
  // Half of this period is over at once.
  const auto open_worker = [&](unsigned worker) {
    auto inbox = MongoInbox::open(client_.get(), consumers_database,
                                  {.consumer = "mail",
                                   .keep = std::chrono::seconds(1),
                                   .least_keep = std::chrono::seconds(0),
                                   .table = "inbox",
                                   .worker = worker});
    EXPECT_TRUE(inbox) << inbox.error().message;
    return *std::move(inbox);
  };
  auto one = open_worker(0);
  auto two = open_worker(1);
  const SampleEvents events(1, 1);
  begin(session_.get());
  ASSERT_TRUE(one.claim(session_.get(), events.all(), 0));
  commit(session_.get());
  database_.age(std::chrono::hours(1));
  begin(session_.get());
  const auto again = two.claim(session_.get(), events.all(), 0);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, std::vector<bool>{false});
  commit(session_.get());
}

TEST_F(MongoInboxTest, ClaimsOfOneEventConflict) {
  auto one = open();
  const auto other_client = connect_mongodb(database_.uri());
  const auto other = start_session(other_client.get());
  auto two = MongoInbox::open(other_client.get(), consumers_database,
                              {.consumer = "mail", .table = "inbox", .worker = 1});
  ASSERT_TRUE(two) << two.error().message;
  const SampleEvents events(1, 1);
  begin(session_.get());
  ASSERT_TRUE(one.claim(session_.get(), events.all(), 0));
  begin(other.get());
  expect_error(two->claim(other.get(), events.all(), 0), "inbox.busy", "onflict", Remedy::retry);
  commit(session_.get());
  (void)mongoc_client_session_abort_transaction(other.get(), nullptr);
  begin(other.get());
  auto again = two->claim(other.get(), events.all(), 0);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, std::vector<bool>{false});
}

TEST_F(MongoInboxTest, WhatIsAcknowledgedIsNotKeptTwice) {
  auto inbox = open();
  for (std::uint64_t n = 1; n <= 5; ++n) {
    const SampleEvents events(10 * n + 1, 10 * n + 10);
    begin(session_.get());
    ASSERT_TRUE(inbox.claim(session_.get(), events.all(), 10 * n));
    commit(session_.get());
  }
  const auto documents =
      database_.shell().documents("consumer.inbox", rig::json(R"({"_id": "headwater:worker:0"})"));
  ASSERT_EQ(documents.size(), 1U);
  EXPECT_EQ(mongodb::find_number(documents[0].get(), "unacknowledged.0.last"), 60);
  EXPECT_FALSE(mongodb::find(documents[0].get(), "unacknowledged.1"));
  EXPECT_EQ(database_.ids().size(), 50U);
}

TEST_F(MongoInboxTest, AnUnacknowledgedIdIsKnownToTheSameInboxAfterALongTime) {
  auto inbox = open();
  const SampleEvents events(1, 5);
  begin(session_.get());
  ASSERT_TRUE(inbox.claim(session_.get(), events.all(), 0));
  commit(session_.get());
  // It comes again, and so is known in two ways; and again when only one of them is left.
  begin(session_.get());
  EXPECT_EQ(*inbox.claim(session_.get(), events.all(), 0), std::vector<bool>(5, false));
  commit(session_.get());
  database_.age(std::chrono::days(30));
  EXPECT_TRUE(database_.ids().empty());
  begin(session_.get());
  EXPECT_EQ(*inbox.claim(session_.get(), events.all(), 0), std::vector<bool>(5, false));
  commit(session_.get());
}

TEST_F(MongoInboxTest, AServerThatIsAway) {
  const auto away = connect_mongodb("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50");
  expect_error(
      MongoInbox::open(away.get(), consumers_database, {.consumer = "mail", .table = "inbox"}),
      "inbox.connection_lost", "MongoDB: ", Remedy::retry);
}

}  // namespace
}  // namespace headwater::testing

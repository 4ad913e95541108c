// The whole comparison on a server: nothing is named that is no fault, whatever the changes are.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <random>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "src/sources/rethinkdb/audit/rethink_audit_rig.h"
#include "testing/rig/waiting.h"

namespace headwater::rethinkdb {
namespace {

class RethinkAuditChangesTest : public RethinkAuditRig {};

TEST_F(RethinkAuditChangesTest, WhatIsNotYetPublishedIsNoFault) {
  fill();
  update(1, "a");
  update(1, "b");
  remove(3);
  insert(9, "placed");
  const VerifyReport found = report();
  EXPECT_TRUE(found.agree()) << to_text(found);
  EXPECT_EQ(found.ids.pending, 4U);
  EXPECT_EQ(found.ids.unproven, 0U);
  EXPECT_EQ(found.tables.at(0).equal, 2U);
  relay();
  expect_agreement(2, 10);
}

TEST_F(RethinkAuditChangesTest, ADocumentMayBePurgedAndInsertedAgain) {
  fill();
  purge(2);
  expect_agreement(2, 6);
  insert(2, "again");
  relay();
  update(2, "and again");
  relay();
  expect_agreement(3, 8);
  const std::vector<StoredEvent> all = events_.stored();
  for (const std::uint64_t sequence : {9U, 10U, 7U}) {
    lose(sequence);
    expect_ids(1, 0, 0);
    events_.stored() = all;
  }
}

TEST_F(RethinkAuditChangesTest, ADeletedDocumentMayBeInsertedAgain) {
  fill();
  insert(2, "again");
  relay();
  expect_agreement(3, 7);
  lose(9);
  expect_ids(1, 0, 0);
}

TEST_F(RethinkAuditChangesTest, ADocumentThatWasDeletedBeforeTheSnapshotIsUnproven) {
  prepare();
  insert(1, "placed");
  remove(1);
  insert(2, "placed");
  relay();
  EXPECT_EQ(events_.stored().size(), 1U);
  VerifyReport found = report();
  EXPECT_TRUE(found.agree()) << to_text(found);
  EXPECT_EQ(found.ids.unproven, 2U);
  insert(1, "again");
  relay();
  found = report();
  EXPECT_TRUE(found.agree()) << to_text(found);
  EXPECT_EQ(found.ids.unproven, 2U);
  EXPECT_EQ(found.ids.published, 1U);
}

TEST_F(RethinkAuditChangesTest, RowsOfTheSnapshotHaveWhatIsPending) {
  insert(1, "placed");
  prepare();
  update(1, "paid");
  update(1, "shipped");
  insert(2, "placed");
  relay();
  EXPECT_EQ(events_.stored().size(), 2U);
  update(1, "done");
  relay();
  expect_agreement(2, 1);
  lose(3);
  expect_ids(1, 0, 0);
}

TEST_F(RethinkAuditChangesTest, ASnapshotUnderWayIsSaid) {
  for (int id = 1; id <= 20; ++id) insert(id, "placed");
  prepare();
  relay_some(5);
  update(2, "paid");
  update(15, "paid");
  VerifyReport found = report();
  EXPECT_TRUE(found.agree()) << to_text(found);
  EXPECT_NE(found.rows_not_compared, "");
  relay();
  expect_agreement(20, 1);
}

/// The stream is read on for what a relay has published, and the journal has forgotten.
TEST_F(RethinkAuditChangesTest, ARelayMayGoOnMeanwhile) {
  fill();
  const Tail before = tail();
  update(1, "later");
  relay();
  update(1, "later still");
  relay();
  insert(9, "new");
  relay();
  remove(3);
  relay();
  purge(3);
  update(1, "pending");
  const VerifyReport found = report_at(before);
  EXPECT_TRUE(found.agree()) << to_text(found);
  EXPECT_EQ(found.ids.published, 6U);
  EXPECT_EQ(found.ids.pending, 5U);
  EXPECT_EQ(found.ids.unproven, 0U);
  EXPECT_EQ(found.tables.at(0).equal, 2U) << to_text(found);
  lose(10);
  const VerifyReport less = report_at(before);
  EXPECT_EQ(less.ids.lost, 1U) << to_text(less);
}

TEST_F(RethinkAuditChangesTest, AfterAGapAllStartsAnew) {
  fill();
  update(1, "missed");
  update(3, "missed");
  auto latest = adapter()->position("r", "latest");
  ASSERT_TRUE(latest) << latest.error().message;
  Change gap;
  gap.op = Op::gap;
  gap.id = "position:1";
  gap.database = "source";
  gap.gap = Gap{.reason = "set", .from = {}, .to = {}};
  events_.add(gap, identity_);
  tail_ = *latest;
  VerifyReport found = report();
  EXPECT_TRUE(found.agree()) << to_text(found);
  EXPECT_EQ(found.ids.left_out, 2U);
  EXPECT_EQ(found.ids.pending, 0U);
  relay();
  update(3, "told");
  relay();
  found = report();
  EXPECT_TRUE(found.agree()) << to_text(found);
  EXPECT_EQ(found.ids.unproven, 2U);
  EXPECT_EQ(found.ids.published, 7U);
  EXPECT_EQ(found.tables.at(0).equal, 1U);
  EXPECT_EQ(found.tables.at(0).not_comparable, 1U);
}

TEST_F(RethinkAuditChangesTest, AChangeThatWasTooLargeIsNotMissed) {
  options_.policies.large.policy = OnLarge::gap;
  options_.policies.large.most = 2'000;
  fill();
  update(1, std::string(3'000, 'x'));
  relay();
  VerifyReport found = report();
  EXPECT_TRUE(found.agree()) << to_text(found);
  EXPECT_EQ(found.tables.at(0).not_comparable, 1U);
  update(1, "small");
  relay();
  expect_agreement(2, 8);
}

TEST_F(RethinkAuditChangesTest, DeletesWithoutAMarkAreProvenOnceAScanHasFoundThem) {
  options_.deletes = Deletes::scan;
  insert(1, "placed");
  prepare();
  relay();
  insert(2, "placed");
  insert(3, "placed");
  relay();
  for (const int id : {1, 2, 3}) purge(id);
  insert(3, "again");
  VerifyReport found = report();
  EXPECT_TRUE(found.agree()) << to_text(found);
  EXPECT_EQ(found.ids.pending, 3U) << to_text(found);
  relay_some(6);
  expect_agreement(1, 5);
  insert(2, "again");
  relay();
  expect_agreement(2, 6);
  std::erase_if(events_.stored(), [](const StoredEvent& each) {
    return each.event.type.operation() == "delete" && each.event.subject == "1";
  });
  expect_ids(1, 0, 0);
  EXPECT_EQ(report().tables.at(0).only_in_stream, 1U);
}

TEST_F(RethinkAuditChangesTest, ALossOfTheJournalIsSaid) {
  fill();
  ASSERT_TRUE(adapter()->remove("r"));
  ASSERT_TRUE(adapter()->prepare("r"));
  auto audit = adapter()->audit("r");
  ASSERT_TRUE(audit) << audit.error().message;
  const auto begun = (*audit)->begin(tail_);
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().name, "source.history_lost");
  EXPECT_EQ(adapter()->audit("another").error().name, "source.taken");
}

TEST_F(RethinkAuditChangesTest, KeysOfEveryKindAreProven) {
  prepare();
  relay();
  const Term keys[] = {
      "a-b/c'",
      Term::value("-1.5"),
      true,
      Term::array({1, "x"}),
      Term::value(R"({"$reql_type$":"TIME","epoch_time":1.5,"timezone":"+00:00"})"),
      Term::value(R"({"$reql_type$":"BINARY","data":"AP8="})")};
  for (const Term& key : keys) {
    run(orders().then(TermType::insert, {Term::object({{"id", key}, {"state", "placed"}})}));
  }
  relay();
  run(orders().then(TermType::update, {Term::object({{"state", "paid"}})}));
  relay();
  expect_agreement(6, 12);
  lose(3);
  lose(12);
  expect_ids(2, 0, 0);
}

/// Writes whatever comes to its mind until it is stopped.
class Writer {
 public:
  Writer(const ConnectionOptions& server, Term table)
      : table_(std::move(table)),
        thread_([this, server](const std::stop_token& stop) { write(server, stop); }) {}

  [[nodiscard]] int tries() const { return tries_; }

 private:
  void write(const ConnectionOptions& server, const std::stop_token& stop) {
    auto connection = Connection::open(server, {});
    if (!connection) return;
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any stopped;
    const auto pick = [this](int below) {
      return std::uniform_int_distribution<int>(0, below - 1)(random_);
    };
    while (!stop.stop_requested()) {
      const Term id = pick(documents);
      const Term document = Term::object({{"id", id}, {"n", pick(1'000)}});
      const Term gone = Term::object({{"_hw", Term::object({{"gone", true}})}});
      const Term change =
          pick(4) == 0 ? table_.then(TermType::get, {id}).then(TermType::update, {gone})
                       : table_.then(TermType::insert, {document}, {{"conflict", "replace"}});
      (void)(*connection)->ask(query::start(change), {});
      ++tries_;
      stopped.wait_for(lock, stop, Milliseconds(1), [] { return false; });
    }
  }

  static constexpr int documents = 200;
  std::mt19937 random_{7};
  Term table_;
  std::atomic<int> tries_ = 0;
  std::jthread thread_;
};

TEST_F(RethinkAuditChangesTest, WritersGoOn) {
  prepare();
  relay();
  {
    const Writer writer(server().options(), orders());
    for (int round = 1; round <= 3; ++round) {
      ASSERT_TRUE(rig::wait_until([&] { return writer.tries() >= 100 * round; }));
      const Tail before = tail();
      relay_until(100, [&](bool) { return events_.tail().sequence > before.sequence + 50; });
      for (const Tail& at : {before, tail()}) {
        const VerifyReport found = report_at(at);
        EXPECT_TRUE(found.agree()) << to_text(found);
        EXPECT_EQ(found.ids.unproven, 0U) << to_text(found);
      }
    }
  }
  relay();
  const VerifyReport found = report();
  EXPECT_TRUE(found.agree()) << to_text(found);
  EXPECT_EQ(found.ids.unproven + found.ids.pending, 0U) << to_text(found);
  EXPECT_EQ(found.tables.at(0).equal, found.tables.at(0).rows);
  EXPECT_GT(found.tables.at(0).equal, 20U);
}

}  // namespace
}  // namespace headwater::rethinkdb

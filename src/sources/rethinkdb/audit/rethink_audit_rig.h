// For the audit's tests on a server: a table, a stream in memory that was filled from it, and the
// comparison of the two.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "src/sources/rethinkdb/adapter.h"
#include "src/sources/rethinkdb/audit/rethink_audit.h"
#include "src/verify/testing.h"
#include "src/verify/verify.h"
#include "testing/rethinkdb/admin_terms.h"
#include "testing/rethinkdb/rethink_server.h"

namespace headwater::rethinkdb {

/// Each test has a database of its own on one server.
class RethinkAuditRig : public ::testing::Test {
 protected:
  RethinkAuditRig() {
    static int tests = 0;
    options_.server = {.host = "127.0.0.1", .port = server().port()};
    options_.database = "shop" + std::to_string(++tests);
    options_.table = "orders";
    options_.policies.snapshot = true;
    run(Term::call(admin::db_create, {options_.database}));
    run(Term::call(TermType::db, {options_.database}).then(TermType::table_create, {"orders"}));
    run(orders().then(TermType::wait));
  }

  static rig::RethinkServer& server() {
    static rig::RethinkServer server;
    return server;
  }
  static void run(const Term& term) {
    const Json answer = server().run(term);
    ASSERT_FALSE(answer.is_object() && answer.contains("first_error")) << answer.dump();
  }
  [[nodiscard]] Term orders() const { return table(options_.database, options_.table); }
  [[nodiscard]] std::unique_ptr<SourceAdapter> adapter() const {
    return make_rethinkdb_source(options_, clock_);
  }

  void insert(int id, const std::string& state) {
    run(orders().then(TermType::insert, {Term::object({{"id", id}, {"state", state}})},
                      {{"conflict", "replace"}}));
  }
  void update(int id, const std::string& state, const Options& options = {}) {
    run(orders()
            .then(TermType::get, {id})
            .then(TermType::update, {Term::object({{"state", state}})}, options));
  }
  void remove(int id) {
    const Term gone = Term::object({{"_hw", Term::object({{"gone", true}})}});
    run(orders().then(TermType::get, {id}).then(TermType::update, {gone}));
  }
  /// As the relay does it, long after the deletion.
  /// As the relay does it, only sooner.
  void purge(int id) {
    run(orders()
            .then(TermType::get, {id})
            .then(TermType::remove, {}, {{"ignore_write_hook", true}}));
  }

  /// `init`, and where its relay begins.
  void prepare() {
    const auto prepared = adapter()->prepare("r");
    ASSERT_TRUE(prepared) << prepared.error().message;
    auto beginning = adapter()->beginning("r");
    ASSERT_TRUE(beginning) << beginning.error().message;
    tail_ = *std::move(beginning);
  }

  /// What a relay does: everything up to now goes into the stream, and the journal forgets it.
  void relay() {
    relay_until(100, [](bool current) { return current; });
  }
  /// Dies before the journal forgets anything.
  void relay_without_release() {
    relay_until(
        100, [](bool current) { return current; }, false);
  }
  /// Until so many events are in the stream.
  void relay_some(std::size_t events) {
    relay_until(1, [&](bool) { return events_.stored().size() >= events; });
  }
  void relay_until(std::size_t count, const std::function<bool(bool current)>& enough,
                   bool releases = true) {
    auto source = adapter()->connect("r");
    ASSERT_TRUE(source) << source.error().message;
    auto opened = (*source)->open(tail_);
    ASSERT_TRUE(opened) << opened.error().message;
    const auto release = [&] {
      const auto durable = Durable::confirmed_by_stream(tail());
      return !releases || (*source)->release(durable);
    };
    ASSERT_TRUE(release());
    for (bool current = false; !enough(current);) {
      auto batch = (*source)->read({.count = count, .bytes = 1U << 20U}, Milliseconds(10), {});
      ASSERT_TRUE(batch) << batch.error().message;
      for (const Change& change : batch->changes) events_.add(change, (*source)->identity());
      tail_ = batch->position;
      current = batch->current;
      identity_ = (*source)->identity();
      ASSERT_TRUE(release());
    }
  }
  [[nodiscard]] Tail tail() const { return events_.tail(tail_, identity_); }

  /// Two rows that were there before, events 1 and 2, and changes of every kind: events 3 to 8.
  void fill() {
    insert(1, "placed");
    insert(2, "placed");
    prepare();
    relay();
    insert(3, "placed");
    relay();
    update(1, "paid");
    relay();
    update(1, "shipped");
    relay();
    update(3, "paid");
    relay();
    remove(2);
    relay();
    update(1, "done");
    relay();
    ASSERT_EQ(events_.stored().size(), 8U);
  }

  VerifyReport report() { return report_at(tail()); }
  VerifyReport report_at(const Tail& tail) {
    auto audit = adapter()->audit("r");
    EXPECT_TRUE(audit) << audit.error().message;
    if (!audit) return {};
    auto report = verify(**audit, events_, tail, {});
    EXPECT_TRUE(report) << report.error().message;
    return report ? std::move(*report) : VerifyReport{};
  }

  void expect_ids(std::uint64_t lost, std::uint64_t repeated, std::uint64_t out_of_order) {
    const VerifyReport found = report();
    EXPECT_FALSE(found.agree()) << to_text(found);
    EXPECT_EQ(found.ids.lost, lost) << to_text(found);
    EXPECT_EQ(found.ids.repeated, repeated) << to_text(found);
    EXPECT_EQ(found.ids.out_of_order, out_of_order) << to_text(found);
    EXPECT_EQ(found.ids.unknown, 0U) << to_text(found);
    EXPECT_EQ(found.ids.unproven, 0U) << to_text(found);
    EXPECT_EQ(found.ids.examples.size(), lost + repeated + out_of_order) << to_text(found);
  }

  /// Everything is proven.
  void expect_agreement(std::uint64_t equal, std::uint64_t published) {
    const VerifyReport found = report();
    EXPECT_TRUE(found.agree()) << to_text(found);
    EXPECT_EQ(found.ids.published, published) << to_text(found);
    EXPECT_EQ(found.ids.unproven, 0U) << to_text(found);
    ASSERT_EQ(found.tables.size(), 1U);
    EXPECT_EQ(found.tables[0].equal, equal) << to_text(found);
    EXPECT_EQ(found.tables[0].rows, equal) << to_text(found);
  }

  /// As if the event had never been published; those after it keep their numbers.
  void lose(std::uint64_t sequence) {
    std::erase_if(events_.stored(),
                  [&](const StoredEvent& each) { return each.sequence == sequence; });
  }
  Event& event(std::size_t sequence) { return events_.stored().at(sequence - 1).event; }

  SystemClock clock_;
  SourceOptions options_;
  Events events_;
  Position tail_;
  std::string identity_;
};

}  // namespace headwater::rethinkdb

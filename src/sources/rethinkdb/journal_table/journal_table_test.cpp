// A journal that a service writes, `journal: TABLE`.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/sources/rethinkdb/journal_table/adapter.h"
#include "testing/rethinkdb/admin_terms.h"
#include "testing/rethinkdb/rethink_server.h"
#include "testing/rig/temporary_folder.h"

namespace headwater {
namespace {

using rethinkdb::Term;
using rethinkdb::TermType;

constexpr Milliseconds forever = std::chrono::hours(24);

class JournalTableTest : public ::testing::Test {
 protected:
  JournalTableTest() {
    server_.run(Term::call(rethinkdb::admin::db_create, {"shop"}));
    server_.run(Term::call(TermType::db, {"shop"}).then(TermType::table_create, {"journal"}));
    server_.run(journal().then(TermType::wait));
  }

  static Term journal() { return rethinkdb::table("shop", "journal"); }
  /// As a service does it: whoever is second gets an error, and takes the next number.
  Json append(std::int64_t number, const char* op = "insert") {
    const Term entry = Term::object({{"id", number},
                                     {"op", op},
                                     {"table", "orders"},
                                     {"key", "order-1"},
                                     {"doc", Term::object({{"id", "order-1"}, {"total", number}})},
                                     {"at", Term::call(TermType::now, {})}});
    return server_.run(journal().then(TermType::insert, {entry}, {{"durability", "hard"}}));
  }
  void append_all(std::int64_t first, std::int64_t last) {
    for (std::int64_t number = first; number <= last; ++number) append(number);
  }
  void remove(std::int64_t number) {
    server_.run(journal().then(TermType::get, {number}).then(TermType::remove));
  }

  std::unique_ptr<SourceAdapter> adapter(sources::OnLost on_lost = sources::OnLost::stop) {
    rethinkdb::SourceOptions options;
    options.server = {.host = "127.0.0.1", .port = server_.port()};
    options.database = "shop";
    options.table = "journal";
    options.is_journal = true;
    options.policies.on_lost = on_lost;
    return make_rethinkdb_journal(std::move(options), clock_);
  }
  std::unique_ptr<Source> opened(const Position& at,
                                 sources::OnLost on_lost = sources::OnLost::stop) {
    auto source = adapter(on_lost)->connect("shop");
    EXPECT_TRUE(source) << source.error().message;
    const auto done = (*source)->open(at);
    EXPECT_TRUE(done) << done.error().message;
    return *std::move(source);
  }
  Position beginning() { return adapter()->beginning("shop").value_or(Position()); }
  static std::vector<Change> read(Source& source, std::size_t count) {
    std::vector<Change> all;
    while (all.size() < count) {
      auto batch = source.read({100, 1U << 20U}, forever, {});
      EXPECT_TRUE(batch) << batch.error().message;
      if (!batch) break;
      for (Change& change : batch->changes) all.push_back(std::move(change));
    }
    return all;
  }
  static std::string ids(const std::vector<Change>& changes) {
    std::string all;
    for (const Change& change : changes) all += (change.op == Op::gap ? "gap" : change.id) + " ";
    return all;
  }

  SystemClock clock_;
  rig::RethinkServer server_;
};

TEST_F(JournalTableTest, EntriesComeInTheOrderOfTheirNumbers) {
  append(1);
  append(2, "update");
  append(3, "delete");
  EXPECT_EQ(append(3)["errors"].integer(), 1);
  const auto source = opened(beginning());
  const auto changes = read(*source, 3);
  EXPECT_EQ(ids(changes), "1 2 3 ");
  EXPECT_EQ(changes[0].op, Op::insert);
  EXPECT_EQ(changes[1].op, Op::update);
  EXPECT_EQ(changes[2].op, Op::remove);
  EXPECT_EQ(changes[0].table, "orders");
  EXPECT_EQ(std::get<Document>(*changes[0].after).json, R"({"id":"order-1","total":1})");
  EXPECT_EQ(std::get<Document>(*changes[2].before).json, R"({"id":"order-1","total":3})");
  EXPECT_EQ(std::get<Document>(*changes[0].key).exact_key, "'order-1");
  EXPECT_GT(changes[0].time.time_since_epoch().count(), 0);
  append(4);
  EXPECT_EQ(ids(read(*source, 1)), "4 ");
}

TEST_F(JournalTableTest, ResumesAtEveryPosition) {
  append_all(1, 9);
  const auto all = read(*opened(beginning()), 9);
  for (std::size_t at = 0; at + 1 < all.size(); ++at) {
    EXPECT_EQ(read(*opened(all[at].position), 1).front().id, all[at + 1].id);
  }
}

TEST_F(JournalTableTest, AMissingEntryIsLostHistory) {
  append_all(1, 6);
  const auto all = read(*opened(beginning()), 6);
  remove(4);
  const auto stopping = opened(all[1].position);
  EXPECT_EQ(ids(read(*stopping, 1)), "3 ");
  const auto lost = stopping->read({10, 1U << 20U}, forever, {});
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().name, "source.history_lost");
  EXPECT_EQ(ids(read(*opened(all[2].position, sources::OnLost::skip), 3)), "gap 5 6 ");
  // Found while it reads, and then the next try leaves the gap.
  const auto skipping = opened(all[1].position, sources::OnLost::skip);
  EXPECT_EQ(ids(read(*skipping, 1)), "3 ");
  const auto found = skipping->read({10, 1U << 20U}, forever, {});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().remedy, Remedy::retry);
  EXPECT_EQ(ids(read(*skipping, 3)), "gap 5 6 ");
}

TEST_F(JournalTableTest, OldEntriesMayBeRemovedBehindTheRelay) {
  append_all(1, 6);
  const auto all = read(*opened(beginning()), 6);
  for (const std::int64_t number : {1, 2, 3, 4}) remove(number);
  EXPECT_EQ(ids(read(*opened(all[3].position), 2)), "5 6 ");
  EXPECT_EQ(ids(read(*opened(beginning()), 2)), "5 6 ");
}

TEST_F(JournalTableTest, ARestoredJournalIsNoticed) {
  append_all(1, 6);
  const auto all = read(*opened(beginning()), 6);
  for (const std::int64_t number : {4, 5, 6}) remove(number);
  auto source = adapter()->connect("shop");
  ASSERT_TRUE(source);
  auto refused = (*source)->open(all[5].position);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().name, "source.went_back");
  // As many entries again, but others.
  append_all(4, 9);
  refused = (*source)->open(all[5].position);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().name, "source.went_back");
  EXPECT_TRUE((*source)->open(all[2].position));
}

TEST_F(JournalTableTest, AnEntryOfAnotherFormIsNamed) {
  append(1);
  server_.run(journal().then(TermType::insert, {Term::object({{"id", 2}, {"what", "else"}})}));
  const auto source = opened(beginning());
  EXPECT_EQ(ids(read(*source, 1)), "1 ");
  const auto refused = source->read({10, 1U << 20U}, forever, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().name, "source.bad_journal");
  EXPECT_FALSE(refused.error().next.empty());
}

}  // namespace
}  // namespace headwater

// Documents that are deleted without a mark are found by a scan of the keys (`deletes: scan`).
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/sources/rethinkdb/adapter.h"
#include "testing/rethinkdb/admin_terms.h"
#include "testing/rethinkdb/rethink_server.h"
#include "testing/rig/waiting.h"

namespace headwater {
namespace {

using rethinkdb::Term;
using rethinkdb::TermType;

constexpr Milliseconds forever = std::chrono::hours(24);

class ScanTest : public ::testing::Test {
 protected:
  ScanTest() {
    server_.run(Term::call(rethinkdb::admin::db_create, {"shop"}));
    server_.run(Term::call(TermType::db, {"shop"}).then(TermType::table_create, {"orders"}));
    server_.run(orders().then(TermType::wait));
  }

  static Term orders() { return rethinkdb::table("shop", "orders"); }
  void insert(const char* key) {
    server_.run(orders().then(TermType::insert, {Term::object({{"id", key}, {"total", 1}})}));
  }
  Json remove(const char* key) {
    return server_.run(orders().then(TermType::get, {key}).then(TermType::remove));
  }

  std::unique_ptr<SourceAdapter> adapter(rethinkdb::Deletes deletes = rethinkdb::Deletes::scan) {
    rethinkdb::SourceOptions options;
    options.server = {.host = "127.0.0.1", .port = server_.port()};
    options.database = "shop";
    options.table = "orders";
    options.deletes = deletes;
    options.scan_interval = Milliseconds(0);
    return make_rethinkdb_source(std::move(options), clock_);
  }
  /// A source as a leader has it.
  std::unique_ptr<Source> leader(const Position& at) {
    auto source = adapter()->connect("shop");
    EXPECT_TRUE(source) << source.error().message;
    const auto opened = (*source)->open(at);
    EXPECT_TRUE(opened) << opened.error().message;
    release(**source, at);
    return *std::move(source);
  }
  static void release(Source& source, const Position& at) {
    EXPECT_TRUE(source.release(
        Durable::confirmed_by_stream({.sequence = 1, .position = at, .source = "s"})));
  }
  Position prepared() {
    const auto of = adapter();
    EXPECT_TRUE(of->prepare("shop"));
    return of->beginning("shop").value_or(Position());
  }
  /// The next change.
  static Change next(Source& source) {
    for (;;) {
      auto batch = source.read({1, 1U << 20U}, forever, {});
      EXPECT_TRUE(batch) << batch.error().message;
      if (!batch) return {};
      if (!batch->changes.empty()) return std::move(batch->changes.front());
    }
  }
  /// "insert 'a".
  static std::string in_words(const Change& change) {
    const std::string key = std::get<Document>(*change.key).exact_key;
    return (change.op == Op::insert   ? "insert "
            : change.op == Op::remove ? "delete "
                                      : "other ") +
           key;
  }

  SystemClock clock_;
  rig::RethinkServer server_;
};

TEST_F(ScanTest, FindsWhatWasDeleted) {
  const auto source = leader(prepared());
  insert("a");
  const Change inserted = next(*source);
  EXPECT_EQ(in_words(inserted), "insert 'a");
  release(*source, inserted.position);
  EXPECT_EQ(remove("a")["deleted"].integer(), 1);
  const Change removed = next(*source);
  EXPECT_EQ(in_words(removed), "delete 'a");
  EXPECT_EQ(removed.detail, R"({"found":"scan"})");
  release(*source, removed.position);
  // Without a mark, nothing but the time distinguishes the document from the one before.
  ASSERT_TRUE(rig::wait_until([&] { return clock_.wall() > inserted.time + Milliseconds(1); }));
  insert("a");
  const Change again = next(*source);
  EXPECT_EQ(in_words(again), "insert 'a");
  release(*source, again.position);
  remove("a");
  const Change last = next(*source);
  EXPECT_EQ(in_words(last), "delete 'a");
  EXPECT_NE(last.id, removed.id);
}

TEST_F(ScanTest, ADeletionIsToldOnce) {
  Position at = prepared();
  auto source = leader(at);
  insert("a");
  insert("b");
  at = next(*source).position;
  const Position before = next(*source).position;
  release(*source, before);
  remove("a");
  remove("b");
  const Change first = next(*source);
  // Published, and then the relay dies.
  source = leader(first.position);
  const Change second = next(*source);
  EXPECT_EQ(in_words(first), "delete 'a");
  EXPECT_EQ(in_words(second), "delete 'b");
  // Not published: it comes again, with the same id.
  source = leader(first.position);
  EXPECT_EQ(next(*source).id, second.id);
}

TEST_F(ScanTest, DocumentsFromBeforeTheJournalAreMissed) {
  insert("old");
  const auto source = leader(prepared());
  remove("old");
  EXPECT_EQ(in_words(next(*source)), "delete 'old");
}

TEST_F(ScanTest, WithMarksADeleteIsRefused) {
  ASSERT_TRUE(adapter(rethinkdb::Deletes::marked)->prepare("shop"));
  insert("a");
  const Json refused = remove("a");
  EXPECT_EQ(refused["errors"].integer(), 1);
  EXPECT_NE(refused["first_error"].text().value_or("").find("update({_hw: {gone: true}})"),
            std::string::npos);
  // The other way from now on, and back.
  ASSERT_TRUE(adapter()->prepare("shop"));
  EXPECT_EQ(remove("a")["deleted"].integer(), 1);
  insert("b");
  ASSERT_TRUE(adapter(rethinkdb::Deletes::marked)->prepare("shop"));
  EXPECT_EQ(remove("b")["errors"].integer(), 1);
}

}  // namespace
}  // namespace headwater

// Pages that the server sends in several answers: a source has all of their documents.
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "src/sources/rethinkdb/adapter.h"
#include "testing/rethinkdb/admin_terms.h"
#include "testing/rethinkdb/rethink_server.h"

namespace headwater {
namespace {

using rethinkdb::Term;
using rethinkdb::TermType;

class PageTest : public ::testing::Test {
 protected:
  PageTest() {
    server_.run(Term::call(rethinkdb::admin::db_create, {"shop"}));
    server_.run(Term::call(TermType::db, {"shop"}).then(TermType::table_create, {"orders"}));
    server_.run(orders().then(TermType::wait));
  }

  static Term orders() { return rethinkdb::table("shop", "orders"); }
  /// All in one query, and so with one number. `prefix`: what their keys begin with.
  void insert(int count, std::size_t bytes, const std::string& prefix = {}) {
    std::vector<Term> documents;
    for (int id = 0; id < count; ++id) {
      const Term key = prefix.empty() ? Term(id) : Term(prefix + std::to_string(id));
      documents.push_back(Term::object({{"id", key}, {"note", std::string(bytes, 'x')}}));
    }
    server_.run(orders().then(TermType::insert, {Term::array(documents)}));
  }
  std::unique_ptr<SourceAdapter> adapter(bool snapshot) {
    rethinkdb::SourceOptions options;
    options.server = {.host = "127.0.0.1", .port = server_.port()};
    options.database = "shop";
    options.table = "orders";
    options.policies.snapshot = snapshot;
    return make_rethinkdb_source(std::move(options), clock_);
  }
  /// The ids of everything there is, as a relay publishes it.
  static std::multiset<std::string> drained(SourceAdapter& adapter) {
    std::multiset<std::string> ids;
    auto source = adapter.connect("shop");
    EXPECT_TRUE(source) << source.error().message;
    Position at = adapter.beginning("shop").value_or(Position());
    EXPECT_TRUE((*source)->open(at));
    for (bool current = false; !current;) {
      EXPECT_TRUE((*source)->release(
          Durable::confirmed_by_stream({.sequence = 1, .position = at, .source = "s"})));
      auto batch = (*source)->read({70, 8U << 20U}, Milliseconds(0), {});
      EXPECT_TRUE(batch) << batch.error().message;
      if (!batch) break;
      for (const Change& change : batch->changes) ids.insert(change.id);
      at = batch->position;
      current = batch->current && batch->changes.empty();
    }
    return ids;
  }
  static void expect_each_once(const std::multiset<std::string>& ids, std::size_t count) {
    EXPECT_EQ(ids.size(), count);
    EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), count);
  }

  SystemClock clock_;
  rig::RethinkServer server_;
};

TEST_F(PageTest, ManyDocuments) {
  const auto of = adapter(false);
  ASSERT_TRUE(of->prepare("shop"));
  insert(1'750, 10);
  expect_each_once(drained(*of), 1'750);
}

/// The server shortens what it keeps in an index, so that these are equal there.
TEST_F(PageTest, LongKeys) {
  const auto of = adapter(false);
  ASSERT_TRUE(of->prepare("shop"));
  insert(1'750, 10, std::string(120, 'k'));
  expect_each_once(drained(*of), 1'750);
}

TEST_F(PageTest, LargeDocuments) {
  const auto of = adapter(false);
  ASSERT_TRUE(of->prepare("shop"));
  insert(60, 300'000);
  expect_each_once(drained(*of), 60);
}

TEST_F(PageTest, ManyRows) {
  insert(1'750, 10);
  const auto of = adapter(true);
  ASSERT_TRUE(of->prepare("shop"));
  expect_each_once(drained(*of), 1'750);
}

TEST_F(PageTest, LargeRows) {
  insert(60, 300'000);
  const auto of = adapter(true);
  ASSERT_TRUE(of->prepare("shop"));
  expect_each_once(drained(*of), 60);
}

}  // namespace
}  // namespace headwater

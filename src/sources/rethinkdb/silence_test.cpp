// A server that does not answer: the relay must not wait for ever, and `init` must not give up.
#include <gtest/gtest.h>

#include <chrono>

#include "src/sources/rethinkdb/adapter.h"
#include "testing/rethinkdb/admin_terms.h"
#include "testing/rethinkdb/rethink_server.h"

namespace headwater::rethinkdb {
namespace {

class Silence : public ::testing::Test {
 protected:
  Silence() {
    server_.run(Term::call(admin::db_create, {"shop"}));
    server_.run(Term::call(TermType::db, {"shop"}).then(TermType::table_create, {"orders"}));
    server_.run(table("shop", "orders").then(TermType::wait));
  }
  std::unique_ptr<SourceAdapter> source(Milliseconds timeout) {
    SourceOptions options;
    options.server = {.host = "127.0.0.1", .port = server_.port()};
    options.timeout = timeout;
    options.database = "shop";
    options.table = "orders";
    return make_rethinkdb_source(options, clock_);
  }

  SystemClock clock_;
  rig::RethinkServer server_;
};

TEST_F(Silence, APageThatIsNeverSentIsAnError) {
  constexpr Milliseconds timeout{500};
  const auto adapter = source(timeout);
  ASSERT_TRUE(adapter->prepare("a"));
  auto source = adapter->connect("a");
  ASSERT_TRUE(source);
  ASSERT_TRUE((*source)->open({}));
  server_.pause();
  auto batch = (*source)->read({}, rig::patience, {});
  while (batch) batch = (*source)->read({}, Milliseconds(10), {});
  server_.resume();
  EXPECT_EQ(batch.error().name, "source.unavailable");
  EXPECT_EQ(batch.error().remedy, Remedy::retry);
  // And it goes on.
  while (!batch) batch = (*source)->read({}, Milliseconds(10), {});
}

/// As if the index took so long to build.
TEST_F(Silence, InitWaitsForWhatTakesLong) { EXPECT_TRUE(source(Milliseconds(0))->prepare("a")); }

}  // namespace
}  // namespace headwater::rethinkdb

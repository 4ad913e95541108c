// What becomes of a document that is marked as deleted, after the journal has forgotten it.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

#include "src/sources/rethinkdb/adapter.h"
#include "src/sources/rethinkdb/journal/queries.h"
#include "testing/rethinkdb/admin_terms.h"
#include "testing/rethinkdb/rethink_server.h"

namespace headwater::rethinkdb {
namespace {

constexpr std::int64_t hour_ms = 3'600'000;

class Tombstone : public ::testing::Test {
 protected:
  void SetUp() override {
    server_.run(Term::call(admin::db_create, {"shop"}));
    server_.run(Term::call(TermType::db, {"shop"}).then(TermType::table_create, {"orders"}));
    server_.run(orders().then(TermType::wait));
    SourceOptions options;
    options.server = {.host = "127.0.0.1", .port = server_.port()};
    options.database = "shop";
    options.table = "orders";
    ASSERT_TRUE(make_rethinkdb_source(options, clock_)->prepare("a"));
    ask(orders().then(TermType::insert, {Term::object({{"id", 1}, {"total", 5}})}));
    ask(order().then(TermType::update, {Term::object({{"_hw", Term::object({{"gone", true}})}})}));
    number_ = number();
    TableNames names{.database = "shop", .table = "orders", .primary_key = "id"};
    names.id = server_.run(orders().then(TermType::status)["id"]).text().value_or("");
    server_.run(release(names, {{.key = "1", .number = number_}}, 2));
  }
  static Term orders() { return table("shop", "orders"); }
  static Term order() { return orders().then(TermType::get, {1}); }
  void ask(const Term& write) {
    const Json written = server_.run(write);
    ASSERT_EQ(written["errors"], 0) << written;
  }
  std::uint64_t number() { return server_.run(order()["_hw"]["n"]).unsigned_integer().value_or(0); }

  SystemClock clock_;
  rig::RethinkServer server_;
  std::uint64_t number_ = 0;
};

/// What is inserted after it would else get a number that is not larger, where the clock is set back.
TEST_F(Tombstone, NobodyRemovesItBeforeItIsAnHourOld) {
  EXPECT_EQ(server_.run(order().then(TermType::remove))["errors"], 1);
  if (!server_.set_clock(hour_ms / 60 * 59)) GTEST_SKIP() << "this server's clock cannot be set";
  EXPECT_EQ(server_.run(order().then(TermType::remove))["errors"], 1);
  ASSERT_TRUE(server_.set_clock(hour_ms + 1'000));
  EXPECT_EQ(server_.run(order().then(TermType::remove))["deleted"], 1);
  ASSERT_TRUE(server_.set_clock(1'000));  // back by an hour, and not by more
  ask(orders().then(TermType::insert, {Term::object({{"id", 1}, {"total", 6}})}));
  EXPECT_GT(number(), number_);
}

TEST_F(Tombstone, APurgeTakesOnlyThoseThatAreOldEnough) {
  const TableNames names{.database = "shop", .table = "orders", .primary_key = "id"};
  if (!server_.set_clock(2 * hour_ms)) GTEST_SKIP() << "this server's clock cannot be set";
  server_.run(purge(names, number_ - 1, 10));
  EXPECT_EQ(number(), number_);
  server_.run(purge(names, number_, 10));
  EXPECT_TRUE(server_.run(order()).is_null());
}

}  // namespace
}  // namespace headwater::rethinkdb

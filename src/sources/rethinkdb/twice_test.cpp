// A page that has a document twice. A real server sends one if something of a document is forgotten
// while it reads the index, which then has the document further on; the stand-in reads all at once.
#include <gtest/gtest.h>

#include <string>

#include "src/json/json.h"
#include "src/sources/rethinkdb/adapter.h"
#include "testing/rethinkdb/admin_terms.h"
#include "testing/rethinkdb/rethink_server.h"
#include "testing/rethinkdb/wire_server.h"

namespace headwater::rethinkdb {
namespace {

/// The answer to a page, with each of its documents twice.
std::string doubled(const std::string& answer) {
  const auto json = Json::parse(answer).value_or(Json());
  Json results = Json::array();
  for (int i = 0; i < 2; ++i) {
    for (const Json& each : json["r"].elements()) results.push_back(each);
  }
  Json twice = Json::object();
  for (const auto& [name, value] : json.members()) twice.set(name, name == "r" ? results : value);
  return twice.dump();
}

class Twice : public ::testing::Test {
 protected:
  Twice() {
    server_.run(Term::call(admin::db_create, {"shop"}));
    server_.run(Term::call(TermType::db, {"shop"}).then(TermType::table_create, {"orders"}));
    server_.run(orders().then(TermType::wait));
  }
  static Term orders() { return table("shop", "orders"); }

  /// Between the source and the server. Its changefeeds say nothing.
  void forward(Peer& peer) {
    if (!peer.log_in({Account{}})) return;
    auto to = Connection::open(server_.options(), {});
    while (const auto asked = peer.query()) {
      const bool is_feed = asked->json.find("[152,") != std::string::npos;
      if (is_feed) continue;
      const auto token = (*to)->send(asked->json, {});
      const auto reply = (*to)->receive(*token, rig::patience, {});
      if (!reply || !*reply) return;
      const std::string& answer = *(*reply)->text;
      const bool is_page = asked->json.starts_with("[1,[71,");
      peer.answer(asked->token, is_page ? doubled(answer) : answer);
    }
  }

  rig::RethinkServer server_;
  WireServer between_{[this](Peer& peer) { forward(peer); }};
};

TEST_F(Twice, ItsChangesAreReturnedOnce) {
  SourceOptions options;
  options.server = {.host = "127.0.0.1", .port = between_.port()};
  options.database = "shop";
  options.table = "orders";
  const SystemClock clock;
  const auto adapter = make_rethinkdb_source(options, clock);
  ASSERT_TRUE(adapter->prepare("a"));
  constexpr int changes = 3;
  for (int i = 0; i < changes; ++i) {
    const Term document = Term::object({{"id", 1}, {"total", i}});
    server_.run(orders().then(TermType::insert, {document}, {{"conflict", "update"}}));
  }
  const auto source = adapter->connect("a");
  ASSERT_TRUE(source);
  ASSERT_TRUE((*source)->open({}));
  std::size_t found = 0;
  for (bool current = false; !current;) {
    const auto batch = (*source)->read({.count = 100, .bytes = 1'000'000}, Milliseconds(10), {});
    ASSERT_TRUE(batch) << batch.error().message;
    found += batch->changes.size();
    current = batch->current;
  }
  EXPECT_EQ(found, 3U);
}

}  // namespace
}  // namespace headwater::rethinkdb

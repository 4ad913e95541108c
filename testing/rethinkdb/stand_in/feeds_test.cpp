// Changefeeds, on both servers.

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

#include "testing/rethinkdb/admin_terms.h"
#include "testing/rethinkdb/stand_in/testing.h"

namespace headwater::rethinkdb::stand_in {
namespace {

class Feeds : public OnServer {
 protected:
  static Term t() { return named_table("t"); }
  static Term object(int id, int k) { return Term::object({{"id", id}, {"k", k}}); }
  static void insert(int id, int k = 0) {
    run(t().then(TermType::insert, {object(id, k)}, {{"durability", "soft"}}));
  }
  static void update(int id, int k) {
    run(t().then(TermType::get, {id}).then(TermType::update, {Term::object({{"k", k}})}));
  }

  void open(const Term& of, Options options = {}) {
    connection_ = *Connection::open(server().options(), {});
    options.emplace_back("squash", false);
    token_ = *connection_->send(query::start(of.then(TermType::changes, {}, options)), {});
  }
  /// The results of the next answer, which is waited for.
  std::string next() {
    auto reply = connection_->receive(token_, rig::patience, {});
    if (!reply) return reply.error().error.message;
    std::string text;
    for (const std::string_view each : (*reply)->answer.results) text += std::string(each) + "\n";
    (void)connection_->proceed(token_, {});
    return text;
  }
  /// As many changes, in however many answers.
  std::string changes(std::size_t count) {
    std::string text;
    for (std::size_t have = 0; have < count;) {
      const std::string more = next();
      have += static_cast<std::size_t>(std::count(more.begin(), more.end(), '\n'));
      text += more;
      if (!more.ends_with('\n')) break;
    }
    return text;
  }

  std::unique_ptr<Connection> connection_;
  Token token_ = 0;
};

TEST_P(Feeds, show_what_is_there_and_then_each_change_in_order) {
  new_table();
  insert(1);
  open(t(), {{"include_initial", true}, {"include_states", true}, {"include_types", true}});
  EXPECT_EQ(changes(3),
            "{\"state\":\"initializing\",\"type\":\"state\"}\n"
            "{\"new_val\":{\"id\":1,\"k\":0},\"type\":\"initial\"}\n"
            "{\"state\":\"ready\",\"type\":\"state\"}\n");
  insert(2);
  EXPECT_EQ(changes(1), "{\"new_val\":{\"id\":2,\"k\":0},\"old_val\":null,\"type\":\"add\"}\n");
  for (int k = 1; k <= 50; ++k) update(2, k);
  std::string expected;
  for (int k = 1; k <= 50; ++k) {
    expected += "{\"new_val\":{\"id\":2,\"k\":" + std::to_string(k) +
                "},\"old_val\":{\"id\":2,\"k\":" + std::to_string(k - 1) +
                "},\"type\":\"change\"}\n";
  }
  EXPECT_EQ(changes(50), expected);
  run(t().then(TermType::get, {1}).then(TermType::remove));
  EXPECT_EQ(changes(1), "{\"new_val\":null,\"old_val\":{\"id\":1,\"k\":0},\"type\":\"remove\"}\n");
}

TEST_P(Feeds, of_one_document) {
  new_table();
  open(t().then(TermType::get, {1}), {{"include_initial", true}});
  EXPECT_EQ(next(), "{\"new_val\":null}\n");
  insert(2);
  insert(1);
  EXPECT_EQ(next(), "{\"new_val\":{\"id\":1,\"k\":0},\"old_val\":null}\n");
}

TEST_P(Feeds, of_a_part_of_an_index_see_documents_come_and_go) {
  new_table();
  run(t().then(TermType::index_create, {"k"}));
  run(t().then(TermType::index_wait, {"k"}));
  open(t().then(TermType::between, {1, 10}, {{"index", "k"}}));
  EXPECT_EQ(next(), "");
  insert(1, 50);
  update(1, 5);
  EXPECT_EQ(next(), "{\"new_val\":{\"id\":1,\"k\":5},\"old_val\":null}\n");
  update(1, 6);
  EXPECT_EQ(next(), "{\"new_val\":{\"id\":1,\"k\":6},\"old_val\":{\"id\":1,\"k\":5}}\n");
  update(1, 50);
  EXPECT_EQ(next(), "{\"new_val\":null,\"old_val\":{\"id\":1,\"k\":6}}\n");
}

TEST_P(Feeds, on_an_index_go_on_when_it_is_made_again) {
  new_table();
  const auto make = [] {
    run(t().then(TermType::index_create, {"k"}));
    run(t().then(TermType::index_wait, {"k"}));
  };
  make();
  open(t().then(TermType::between, {1, 10}, {{"index", "k"}}));
  EXPECT_EQ(next(), "");
  run(t().then(TermType::index_drop, {"k"}));
  // A real server takes the index away only some time later.
  if (!server().is_real()) insert(0, 5);
  make();
  insert(1, 5);
  EXPECT_EQ(next(), "{\"new_val\":{\"id\":1,\"k\":5},\"old_val\":null}\n");
}

TEST_P(Feeds, drop_their_whole_queue_when_it_overflows) {
  new_table();
  open(t(), {{"changefeed_queue_size", 10}});
  // Nobody asks for more.
  EXPECT_TRUE((*connection_->receive(token_, rig::patience, {}))->answer.results.empty());
  for (int id = 0; id < 12; ++id) insert(id);
  (void)connection_->proceed(token_, {});
  EXPECT_EQ(next(),
            "{\"error\":\"Changefeed cache over array size limit, skipped 11 elements.\"}\n");
  EXPECT_EQ(next(), "{\"new_val\":{\"id\":11,\"k\":0},\"old_val\":null}\n");
  insert(12);
  EXPECT_EQ(next(), "{\"new_val\":{\"id\":12,\"k\":0},\"old_val\":null}\n");
}

TEST_P(Feeds, survive_a_new_name_and_end_with_their_table) {
  new_table();
  open(t());
  EXPECT_EQ(next(), "");
  run(t().then(TermType::config).then(TermType::update, {Term::object({{"name", "u"}})}));
  run(named_table("u").then(TermType::insert, {object(1, 0)}));
  EXPECT_EQ(next(), "{\"new_val\":{\"id\":1,\"k\":0},\"old_val\":null}\n");
  const std::string db(*run(named_table("u").then(TermType::config))["db"].text());
  run(call(TermType::db, {db}).then(TermType::table_drop, {"u"}));
  auto last = connection_->receive(token_, rig::patience, {});
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().type, ErrorType::op_failed);
  EXPECT_EQ(last.error().error.message, "rethinkdb: Changefeed aborted (unavailable).");
}

TEST_P(Feeds, end_when_they_are_stopped) {
  new_table();
  open(t());
  EXPECT_EQ(next(), "");
  // It waits for a change. Both that and the stop are answered.
  ASSERT_TRUE(connection_->end(token_, {}));
  EXPECT_FALSE(connection_->knows(token_));
  // Others go on, on the same connection.
  const auto results = connection_->ask(query::start(t().then(TermType::count)), {});
  ASSERT_TRUE(results);
  EXPECT_EQ(results->one(), "0");
}

TEST_P(Feeds, keep_the_order_of_each_document_under_several_writers) {
  new_table();
  insert(1);
  open(t());
  EXPECT_EQ(next(), "");
  constexpr std::size_t writers = 3;
  constexpr std::size_t each = 60;
  std::vector<std::thread> threads;
  threads.reserve(writers);
  for (std::size_t writer = 0; writer < writers; ++writer) {
    threads.emplace_back([options = server().options(), row = t().then(TermType::get, {1})] {
      const auto connection = *Connection::open(options, {});
      const Term more = Term::object({{"k", var(1)["k"].then(TermType::add, {1})}});
      const std::string raise =
          query::start(row.then(TermType::update, {func({1}, more)}), {{"durability", "soft"}});
      for (std::size_t at = 0; at < each; ++at) ASSERT_TRUE(connection->ask(raise, {}));
    });
  }
  std::string expected;
  for (std::size_t k = 1; k <= writers * each; ++k) {
    expected += "{\"new_val\":{\"id\":1,\"k\":" + std::to_string(k) +
                "},\"old_val\":{\"id\":1,\"k\":" + std::to_string(k - 1) + "}}\n";
  }
  EXPECT_EQ(changes(writers * each), expected);
  for (std::thread& thread : threads) thread.join();
}

TEST_P(Feeds, do_not_hold_up_other_queries_of_their_connection) {
  new_table();
  open(t());
  EXPECT_EQ(next(), "");
  const Term insert = t().then(TermType::insert, {object(1, 0)});
  ASSERT_TRUE(connection_->ask(query::start(insert), {}));
  EXPECT_EQ(next(), "{\"new_val\":{\"id\":1,\"k\":0},\"old_val\":null}\n");
}

HEADWATER_ON_EACH_SERVER(Feeds);

TEST(Feed, ends_on_the_stand_in_when_its_table_is_reconfigured) {
  rig::RethinkServer& server = shared_server(Kind::stand_in);
  const Term database = call(TermType::db, {"test"});
  (void)server.try_run(database.then(TermType::table_drop, {"moved"}));
  server.run(database.then(TermType::table_create, {"moved"}));
  const Term moved = table("test", "moved");
  const auto connection = *Connection::open(server.options(), {});
  const auto token = *connection->send(query::start(moved.then(TermType::changes)), {});
  ASSERT_TRUE(connection->receive(token, rig::patience, {}));
  ASSERT_TRUE(connection->proceed(token, {}));
  server.run(moved.then(admin::reconfigure, {}, {{"shards", 1}, {"replicas", 1}}));
  const auto last = connection->receive(token, rig::patience, {});
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().type, ErrorType::op_failed);
}

}  // namespace
}  // namespace headwater::rethinkdb::stand_in

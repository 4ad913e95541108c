// Four writers and two relays, while relays and the server are killed and paused, the server's clock is
// set an hour on and back, and documents that were deleted are removed for good and inserted again.
#include <gtest/gtest.h>

#include <array>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "src/base/random.h"
#include "testing/disasters/disaster.h"
#include "testing/rethinkdb/order_history.h"
#include "testing/rethinkdb/rethink_source.h"

namespace headwater::rig {
namespace {

using rethinkdb::Term;
using rethinkdb::TermType;

constexpr std::int64_t hour_ms = 3'600'000;
constexpr int relay_kills_per_server_kill = 10;

class rethinkdb_kills : public Scenario {
 protected:
  rethinkdb_kills() : Scenario(Harm::server) {}

  void SetUp() override {
    Scenario::SetUp();
    PipelineOptions chosen = options();
    // The clock is never set back by more.
    chosen.keys = ", keep_deleted: 2h" + further_keys();
    chosen.relay = "takeover_after: 100ms\n";
    pipeline_.emplace(chosen);
    ASSERT_EQ(pipeline_->init(), "");
    start_relays();
  }
  [[nodiscard]] virtual std::string further_keys() const { return {}; }
  RethinkSource& source() { return dynamic_cast<RethinkSource&>(pipeline_->source()); }
  RethinkServer& server() { return source().rethinkdb(); }
  std::string logs() { return relays_[0]->errors() + relays_[1]->errors(); }
  [[nodiscard]] std::uint64_t progress() const { return pipeline_->stream().progress(); }

  void start_relays() {
    for (auto& relay : relays_) relay.emplace(pipeline_->relay());
  }
  /// Every other kill waits for progress.
  void kill_a_relay(bool after_progress) {
    const auto before = progress();
    if (after_progress) {
      ASSERT_TRUE(wait_until([&] { return progress() > before; })) << logs();
    }
    auto& relay = relays_.at(random_() % relays_.size());
    // Waits for a random span, not for an event: the kill may come at any moment.
    ASSERT_FALSE(relay->wait(Milliseconds(random_() % 60))) << end_of(*relay);
    if (random_() % 8 == 0) {
      relay->pause();
      auto& other = &relay == relays_.data() ? relays_[1] : relays_[0];
      ASSERT_FALSE(other->wait(Milliseconds(random_() % 300))) << end_of(*other);
      relay->resume();
    }
    ASSERT_EQ(relay->kill(), killed);
    relay = pipeline_->relay();
  }
  void pause_the_server() {
    server().pause();
    ASSERT_FALSE(relays_[0]->wait(Milliseconds(random_() % 300))) << end_of(*relays_[0]);
    server().resume();
    ++pauses_;
  }
  void kill_the_server() {
    source().kill_server();
    source().start_server();
  }
  /// By an hour at the most, on or back from where it stays.
  void step_the_clock() { set_clock(ahead_hours_ + static_cast<std::int64_t>(random_() % 3) - 1); }
  /// So far that all that was deleted before is old enough to be removed for good.
  void let_marks_get_old() {
    constexpr std::int64_t enough_hours = 4;
    ahead_hours_ += enough_hours;
    set_clock(ahead_hours_);
  }
  void set_clock(std::int64_t hours) {
    if (server().set_clock(hours * hour_ms)) ++steps_;
  }
  Json ask(const Term& term) { return server().run(term); }
  /// Until nothing is in the journal that is not in the stream.
  [[nodiscard]] bool wait_until_all_is_told() {
    return wait_until([&] { return ask(orders_pending()) == 0; });
  }
  std::int64_t count_all() { return ask(orders().then(TermType::count)).integer().value_or(0); }

  void delete_all_and_insert_again() {
    ask(delete_orders(orders()));
    ASSERT_TRUE(wait_until_all_is_told()) << logs();
    let_marks_get_old();
    const auto marked = count_all();
    // A relay that begins to lead looks at once.
    for (auto& relay : relays_) ASSERT_EQ(relay->kill(), killed);
    start_relays();
    ASSERT_TRUE(wait_until([&] { return count_all() < marked; })) << logs();
    Writers writers(source(), 4, {.seed = seed() + 1, .transactions = 100});
    ASSERT_EQ(writers.join().error, "");
    ASSERT_TRUE(wait_until_all_is_told()) << logs();
  }

  /// Compares what the stream tells with the table. Returns how many documents were inserted again after
  /// they had been removed.
  std::uint64_t expect_history(const Written& written, const std::set<std::string>& apart = {}) {
    const Outcome tail = run(pipeline_->headwater({"tail", "--from", "earliest"}));
    EXPECT_EQ(tail.exit, Exit{}) << tail.errors;
    const OrderHistory history(tail.output, apart);
    const auto wrong = history.wrong(ask(orders()), source().acknowledged());
    std::cout << written.transactions << " acknowledged writes, " << history.events()
              << " events of " << history.orders() << " documents, " << history.new_lives()
              << " inserted again after they were removed, " << history.gaps() << " gaps; " << wrong
              << "\n";
    EXPECT_EQ(wrong.all(), 0U);
    EXPECT_TRUE(history.gaps() == 0 || !apart.empty()) << "the relay has seen what was not there";
    return history.new_lives();
  }

  Random random_{seed()};
  std::optional<Pipeline> pipeline_;
  std::array<std::optional<Process>, 2> relays_;
  std::int64_t ahead_hours_ = 0;
  int steps_ = 0;
  int pauses_ = 0;
};

TEST_P(rethinkdb_kills, EachDocumentsChangesAreToldOnceInOrder) {
  SCOPED_TRACE("HEADWATER_SEED=" + std::to_string(seed()));
  const int all = repeats(200, 20);
  Writers writers(source(), 4, {.seed = seed(), .pause = Milliseconds(1), .despite_errors = true});
  for (int i = 1; i <= all; ++i) {
    if (random_() % 3 == 0) step_the_clock();
    if (random_() % 8 == 0) {
      ASSERT_NO_FATAL_FAILURE(pause_the_server());
    }
    ASSERT_NO_FATAL_FAILURE(kill_a_relay(i % 2 == 0));
    if (i % relay_kills_per_server_kill != 0) continue;
    kill_the_server();
    let_marks_get_old();
  }
  const Written written = writers.finish();
  ASSERT_TRUE(wait_until_all_is_told()) << logs();
  ASSERT_NO_FATAL_FAILURE(delete_all_and_insert_again());
  for (auto& relay : relays_) {
    EXPECT_TRUE(has_started(*relay)) << relay->errors();
    EXPECT_EQ(relay->terminate(), Exit{}) << relay->errors();
  }
  std::cout << all << " kills of relays, " << all / relay_kills_per_server_kill
            << " of the server, " << pauses_ << " pauses of it, " << steps_
            << " steps of its clock; ";
  EXPECT_GT(expect_history(written), 0U);
}

/// Of three nodes, of which two are killed in turn, just after the primary replica has moved there.
class rethinkdb_nodes : public rethinkdb_kills {
 protected:
  void SetUp() override {
    if (!real_rethinkdb()) GTEST_SKIP() << no_real_rethinkdb;
    rethinkdb_kills::SetUp();
    const std::string cluster = "127.0.0.1:" + std::to_string(server().cluster_port());
    const Json first = ask(rethinkdb::table("rethinkdb", "server_config").then(TermType::nth, {0}));
    names_ = {std::string(first["name"].text().value_or("")), "b", "c"};
    for (std::size_t i = 0; i < others_.size(); ++i) {
      others_.at(i).emplace(
          RethinkOptions{.arguments = {"--join", cluster, "--server-name", names_.at(i + 1)}});
    }
    source().lose_sight();
    ASSERT_NO_FATAL_FAILURE(move_to(names_[0]));
  }
  /// They differ by the database's own fault, and then it may lose writes when the primary replica
  /// moves (docs/rethinkdb.md). The relay says so where it sees it, and reads all rows again.
  [[nodiscard]] std::string further_keys() const override { return ", on_lost_position: snapshot"; }
  /// What a node has itself, by key.
  using Replica = std::map<std::string, std::string>;
  static Replica replica(RethinkServer& node) {
    Replica documents;
    const auto there =
        node.try_run(rethinkdb::table("shop", "orders", {{"read_mode", "_debug_direct"}}));
    if (!there) return documents;
    for (const Json& each : there->elements()) documents[order_key(each["id"])] = each.dump();
    return documents;
  }
  std::vector<Replica> replicas() {
    std::vector<Replica> all{replica(server())};
    for (auto& other : others_) {
      if (other->running()) all.push_back(replica(*other));
    }
    return all;
  }
  /// Those that have all that the primary replica has, and itself.
  std::size_t ready_replicas() {
    const auto status = server().try_run(orders().then(TermType::status)["shards"]);
    std::size_t count = 0;
    if (!status) return count;
    for (const Json& replica : (*status)[0]["replicas"].elements()) {
      if (replica["state"].text() == "ready") ++count;
    }
    return count;
  }
  /// Notes which documents are not the same on all nodes that run, and stay so.
  void compare_replicas() {
    const std::vector<Replica> before = replicas();
    // Each waits for a majority. What was on its way to the third has come meanwhile.
    for (int i = 0; i < 5; ++i) (void)server().try_run(orders().then(TermType::sync));
    const std::vector<Replica> after = replicas();
    if (after.size() != before.size()) return;
    for (const auto& [key, document] : before.front()) {
      bool stays = true;
      bool differs = false;
      for (std::size_t i = 0; i < before.size(); ++i) {
        const auto was = before[i].find(key);
        const auto is = after[i].find(key);
        const bool known = was != before[i].end() && is != after[i].end();
        stays = stays && known && was->second == is->second;
        differs = differs || (known && was->second != document);
      }
      if (stays && differs) differing_.insert(key);
    }
  }
  /// The primary replicas, with the others on the other nodes. Returns once all are there.
  void move_to(const std::string& node) {
    const Term replicas = Term::array({names_[0], names_[1], names_[2]});
    const Term shard = Term::object({{"primary_replica", node}, {"replicas", replicas}});
    for (const char* table : {"orders", "headwater"}) {
      const Term one = rethinkdb::table("shop", table);
      ask(one.then(TermType::config)
              .then(TermType::update, {Term::object({{"shards", Term::array({shard})}})}));
      ask(one.then(TermType::wait, {}, {{"wait_for", "all_replicas_ready"}, {"timeout", 120}}));
      const Term primary =
          one.then(TermType::status)["shards"].then(TermType::nth, {0})["primary_replicas"];
      ASSERT_TRUE(wait_until([&] { return ask(primary) == Json::array({node}); })) << ask(primary);
    }
  }

  std::array<std::string, 3> names_;
  std::array<std::optional<RethinkServer>, 2> others_;
  std::set<std::string> differing_;
};

TEST_P(rethinkdb_nodes, EachDocumentsChangesAreToldOnceInOrder) {
  SCOPED_TRACE("HEADWATER_SEED=" + std::to_string(seed()));
  const int all = repeats(40, 8);
  Writers writers(source(), 4, {.seed = seed(), .pause = Milliseconds(1), .despite_errors = true});
  for (int i = 1; i <= all; ++i) {
    const std::size_t next = random_() % others_.size();
    ASSERT_NO_FATAL_FAILURE(move_to(names_.at(next + 1)));
    compare_replicas();
    ASSERT_NO_FATAL_FAILURE(kill_a_relay(true));
    others_.at(next)->kill();
    ASSERT_NO_FATAL_FAILURE(kill_a_relay(true));
    ASSERT_TRUE(wait_until([&] { return ready_replicas() == others_.size(); }));
    compare_replicas();
    others_.at(next)->start();
  }
  ASSERT_NO_FATAL_FAILURE(move_to(names_[0]));
  compare_replicas();
  const Written written = writers.finish();
  ASSERT_TRUE(wait_until_all_is_told()) << logs();
  for (auto& relay : relays_) EXPECT_EQ(relay->terminate(), Exit{}) << relay->errors();
  std::cout << 2 * all << " kills of relays, " << all << " of the node of the primary replica; "
            << differing_.size() << " documents whose replicas differed; ";
  (void)expect_history(written, differing_);
}

std::vector<Setting> settings() {
  std::vector<Setting> all = further_pairs(exactly_once_streams());
  std::erase_if(all, [](const Setting& setting) {
    const std::string stream = setting.stream.name;
    return std::string(setting.source.name) != "rethinkdb" ||
           (stream != "embedded" && stream != "nats");
  });
  return all;
}

INSTANTIATE_TEST_SUITE_P(On, rethinkdb_kills, ::testing::ValuesIn(settings()), setting_name);
INSTANTIATE_TEST_SUITE_P(On, rethinkdb_nodes, ::testing::ValuesIn(settings()), setting_name);

}  // namespace
}  // namespace headwater::rig

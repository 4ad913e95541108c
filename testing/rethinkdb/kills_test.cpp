// Four writers and two relays, while relays and the server are killed and paused, the server's clock is
// set an hour on and back, and documents that were deleted are removed for good and inserted again.
#include <gtest/gtest.h>

#include <array>
#include <iostream>
#include <string>

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
    chosen.keys = ", keep_deleted: 2h";
    chosen.relay = "takeover_after: 100ms\n";
    pipeline_.emplace(chosen);
    ASSERT_EQ(pipeline_->init(), "");
    start_relays();
  }
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
  void step_the_clock() {
    set_clock(ahead_hours_ + static_cast<std::int64_t>(random_() % 3) - 1);
  }
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
  const Outcome tail = run(pipeline_->headwater({"tail", "--from", "earliest"}));
  ASSERT_EQ(tail.exit, Exit{}) << tail.errors;
  const OrderHistory history(tail.output);
  const auto wrong = history.wrong(ask(orders()), source().acknowledged());
  std::cout << all << " kills of relays, " << all / relay_kills_per_server_kill << " of the server, " << pauses_
            << " pauses of it, " << steps_ << " steps of its clock; " << written.transactions
            << " acknowledged writes, " << history.events() << " events of " << history.orders() << " documents, "
            << history.new_lives() << " inserted again after they were removed; " << wrong << "\n";
  EXPECT_EQ(wrong.all(), 0U);
  EXPECT_GT(history.new_lives(), 0U);
}

std::vector<Setting> settings() {
  std::vector<Setting> all = further_pairs(exactly_once_streams());
  std::erase_if(all, [](const Setting& setting) {
    const std::string stream = setting.stream.name;
    return std::string(setting.source.name) != "rethinkdb" || (stream != "embedded" && stream != "nats");
  });
  return all;
}

INSTANTIATE_TEST_SUITE_P(On, rethinkdb_kills, ::testing::ValuesIn(settings()), setting_name);

}  // namespace
}  // namespace headwater::rig

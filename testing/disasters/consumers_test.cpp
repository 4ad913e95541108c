// Scenarios with consumers: consumers_offline, user_resubmits, late_service,
// materialize_then_crash.
#include <csignal>
#include <filesystem>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "src/sqlite/database.h"
#include "testing/disasters/consumer.h"
#include "testing/disasters/disaster.h"

namespace headwater::rig {
namespace {

class consumers_offline : public Scenario {};

TEST_P(consumers_offline, WritesGoOnAndConsumersCatchUp) {
  const Pipeline pipeline(options());
  ASSERT_EQ(pipeline.init(), "");
  Process relay = pipeline.relay();
  const Consumer billing(pipeline, "billing");
  const Consumer search(pipeline, "search");
  write_some(pipeline, 0, 50);
  ASSERT_EQ(billing.catch_up(), "");
  ASSERT_EQ(search.catch_up(), "");

  // Both are down now. The shop takes orders, and reads its own writes at once.
  Writers meanwhile(pipeline.source(), 2,
                    {.seed = seed() + 1, .transactions = some(pipeline, std::uint64_t{500})});
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(pipeline.source().submit_order(i), 1);
    ASSERT_TRUE(pipeline.source().has_order(i));
  }
  ASSERT_EQ(meanwhile.join().error, "");

  // One returns while the relay runs, the other much later.
  ASSERT_EQ(billing.catch_up(), "");
  ASSERT_TRUE(has_started(relay)) << relay.errors();
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  ASSERT_EQ(pipeline.catch_up(), "");
  const auto all = static_cast<std::int64_t>(pipeline.changes().size());
  for (const Consumer* consumer : {&billing, &search}) {
    ASSERT_EQ(consumer->catch_up(), "");
    EXPECT_EQ(consumer->applied(), all);
    EXPECT_EQ(consumer->difference(pipeline), "");
  }
  EXPECT_EQ(pipeline.disagreement(), "");
}

INSTANTIATE_TEST_SUITE_P(On, consumers_offline, each_and_further(exactly_once_streams()),
                         setting_name);

/// Only for the embedded stream; brokers apply their own retention.
class retention : public Scenario {};

/// Retention keeps what a stopped consumer still needs.
TEST_P(retention, WaitsForConsumers) {
  PipelineOptions forgetful = options();
  forgetful.stream = [](const TemporaryFolder& folder) {
    return embedded_stream(folder, "events.db", ", retention: { size: 1MiB }");
  };
  const Pipeline pipeline(forgetful);
  ASSERT_EQ(pipeline.init(), "");
  const Consumer billing(pipeline, "billing");
  ASSERT_EQ(billing.catch_up(), "");
  Writers writers(pipeline.source(), 2,
                  {.seed = seed(), .transactions = some(pipeline, std::uint64_t{1000})});
  ASSERT_EQ(writers.join().error, "");
  pipeline.source().insert_orders(2'000, 2'000);
  Process relay = pipeline.relay();
  ASSERT_TRUE(pipeline.wait_until_caught_up()) << relay.errors();
  const auto all = static_cast<std::int64_t>(pipeline.changes().size());
  ASSERT_EQ(billing.catch_up(), "");
  EXPECT_EQ(billing.applied(), all);
  EXPECT_EQ(billing.difference(pipeline), "");
  // Retention has waited only for the consumer.
  const std::string first = "SELECT min(sequence) FROM events";
  EXPECT_TRUE(
      wait_until([&] { return query_integer(pipeline.folder() / "events.db", first) > 1; }));
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
}

INSTANTIATE_TEST_SUITE_P(On, retention, each({embedded}), setting_name);

class user_resubmits : public Scenario {};

TEST_P(user_resubmits, OneRowAndOneEvent) {
  constexpr int submitted = 50;
  const Pipeline pipeline(options());
  ASSERT_EQ(pipeline.init(), "");
  Process relay = pipeline.relay();
  for (int i = 0; i < submitted; ++i) {
    EXPECT_EQ(pipeline.source().submit_order(i), 1);
    // The client saw a timeout and submits again. The database prevents a duplicate.
    EXPECT_EQ(pipeline.source().submit_order(i), 0);
  }
  ASSERT_TRUE(has_started(relay)) << relay.errors();
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(pipeline.disagreement(), "");
  EXPECT_EQ(pipeline.tally_disagreement({{"orders.insert", submitted}}), "");
}

INSTANTIATE_TEST_SUITE_P(On, user_resubmits, each_and_further(all_streams()), setting_name);

class late_service : public HarmedSource<Harm::server> {};

TEST_P(late_service, NeedsToKnowOfNoPastFailure) {
  const Pipeline pipeline(options());
  ASSERT_EQ(pipeline.init(), "");
  ServerUnderTest* const server = pipeline.source().server();
  Writers writers(pipeline.source(), 2,
                  {.seed = seed(), .pause = Milliseconds(1), .despite_errors = server != nullptr});
  const auto makes_progress = [&] {
    const auto before = pipeline.stream().progress();
    const auto events = some(pipeline, std::uint64_t{50});
    return wait_until([&] { return pipeline.stream().progress() > before + events; });
  };
  // Earlier failures: relays that died at every step, one that hung, and a server that was killed.
  for (const std::string step : {"shaped", "after_append", "acknowledged"}) {
    Process relay = pipeline.faulty_relay("die", step, 3);
    ASSERT_EQ(relay.wait(), killed) << relay.errors();
  }
  Process zombie = pipeline.faulty_relay("hang", "before_append", 2);
  ASSERT_TRUE(zombie.wait_paused());
  Process relay = pipeline.relay();
  ASSERT_TRUE(makes_progress()) << relay.errors();
  if (server != nullptr) {
    server->kill_server();
    server->start_server();
  }
  zombie.resume();
  if (server != nullptr) {
    ASSERT_TRUE(makes_progress()) << relay.errors();
  }
  const Written written = writers.finish();
  ASSERT_EQ(written.error, "");
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  EXPECT_EQ(zombie.terminate(), Exit{}) << zombie.errors();
  ASSERT_EQ(pipeline.catch_up(), "");

  const Consumer newcomer(pipeline, "newcomer");
  ASSERT_EQ(newcomer.catch_up(), "");
  EXPECT_EQ(newcomer.applied(), static_cast<std::int64_t>(pipeline.changes().size()));
  EXPECT_EQ(newcomer.difference(pipeline), "");
  EXPECT_EQ(pipeline.disagreement(), "");
}

INSTANTIATE_TEST_SUITE_P(On, late_service, each_and_further(exactly_once_streams()), setting_name);

class materialize_then_crash : public Scenario {};

TEST_P(materialize_then_crash, AppliedOnce) {
  const Pipeline pipeline(options());
  ASSERT_EQ(pipeline.init(), "");
  write_some(pipeline, 0, 800);
  ASSERT_EQ(pipeline.catch_up(), "");
  const auto all = static_cast<std::int64_t>(pipeline.changes().size());
  ASSERT_GT(all, 500);

  const Consumer billing(pipeline, "billing");
  for (const int passing : {1, 2, 3}) {
    for (const std::string step : {"before_commit", "after_commit"}) {
      const auto before = billing.applied();
      ASSERT_EQ(billing.dies_at(step, passing), (Exit{.code = 0, .signal = SIGKILL}));
      const std::int64_t commits = step == "after_commit" ? passing : passing - 1;
      EXPECT_EQ(billing.applied(), std::max<std::int64_t>(before, 0) + 50 * commits);
    }
  }
  ASSERT_EQ(billing.catch_up(), "");
  EXPECT_EQ(billing.applied(), all);
  EXPECT_EQ(billing.difference(pipeline), "");
}

/// Rows that are in one of two databases and not in the other; empty if there are none.
std::string difference_of_shops(const std::string& copy, const std::string& shop) {
  const std::vector<std::pair<std::string, std::string>> tables{
      {"customers", "id, email, name, balance"},
      {"orders", "id, idempotency_key, customer, status, total, note"},
      {"items", "order_id, line, sku, quantity"}};
  std::string all;
  for (const auto& [table, columns] : tables) {
    for (const bool missing : {true, false}) {
      const std::string from = "SELECT " + columns + " FROM ";
      const std::string one = from + (missing ? "shop." : "main.") + table;
      const std::string other = from + (missing ? "main." : "shop.") + table;
      auto database = sqlite::Database::open(copy, sqlite::Open::read_write, Origin::usage);
      auto attached = database->execute("ATTACH " + sqlite::quote_text(shop) + " AS shop");
      EXPECT_TRUE(attached) << attached.error().message;
      auto count = database->integer("SELECT count(*) FROM (" + one + " EXCEPT " + other + ")");
      EXPECT_TRUE(count) << count.error().message;
      if (!count || *count == 0) continue;
      all += std::to_string(*count) + " rows of " + table +
             (missing ? " are missing\n" : " are wrong\n");
    }
  }
  return all;
}

TEST_P(materialize_then_crash, TheCommandKeepsATrueCopy) {
  PipelineOptions with_copy = options();
  with_copy.relay += "materialize: { into: { sqlite: { path: copy.db } } }\n";
  const Pipeline pipeline(with_copy);
  if (!std::filesystem::exists(pipeline.shop())) GTEST_SKIP() << "compares two SQLite files";
  ASSERT_EQ(pipeline.init(), "");
  Process relay = pipeline.relay();
  Writers writers(pipeline.source(), 2, {.seed = seed(), .pause = Milliseconds(1)});
  std::mt19937_64 random(seed());
  for (int i = 0; i < repeats(200, 5); ++i) {
    Process copier(pipeline.headwater({"materialize"}));
    EXPECT_FALSE(copier.wait(Milliseconds(20 + random() % 200))) << copier.errors();
    copier.kill();
  }
  ASSERT_EQ(writers.finish().error, "");
  ASSERT_TRUE(has_started(relay)) << relay.errors();
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  ASSERT_EQ(pipeline.catch_up(), "");
  const Outcome copied = run(pipeline.headwater({"materialize", "--once"}));
  ASSERT_EQ(copied.exit, Exit{}) << copied.errors;
  EXPECT_EQ(difference_of_shops(pipeline.folder() / "copy.db", pipeline.shop()), "");
}

INSTANTIATE_TEST_SUITE_P(On, materialize_then_crash, each(exactly_once_streams()), setting_name);

}  // namespace
}  // namespace headwater::rig

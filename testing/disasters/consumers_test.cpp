// The seed's scenarios on the consumers' side. consumers_offline, user_resubmits, late_service,
// materialize_then_crash.
#include <csignal>
#include <string>

#include "testing/disasters/disaster.h"

namespace headwater::rig {
namespace {

/// A service downstream and its database; see materialize.cpp for how little it forgives.
class Consumer {
 public:
  Consumer(const Pipeline& pipeline, std::string name)
      : config_(pipeline.config()),
        name_(std::move(name)),
        database_(pipeline.folder() / (name_ + ".db")) {}

  /// Applies all that is in the stream now; its errors.
  [[nodiscard]] std::string catch_up() const {
    const Outcome outcome = run({.words = {MATERIALIZE, config_, database_, name_}});
    return outcome.exit == Exit{} ? "" : "failed: " + outcome.errors;
  }
  [[nodiscard]] Exit dies_at(const std::string& step, int passing) const {
    return run({.words = {MATERIALIZE, config_, database_, name_, step, std::to_string(passing)}})
        .exit;
  }
  /// Events applied, each counted as often as it was.
  [[nodiscard]] std::int64_t applied() const {
    return ask(database_, "SELECT events FROM progress");
  }

  /// Its copy of the shop against the shop; empty if they agree.
  [[nodiscard]] std::string difference(const Pipeline& pipeline) const {
    std::string wrong;
    const std::string orders = "FROM rows WHERE key LIKE 'orders/%'";
    compare(wrong, pipeline, "SELECT count(*) FROM orders", "SELECT count(*) " + orders);
    compare(wrong, pipeline, "SELECT total(total) FROM orders",
            "SELECT total(json_extract(row, '$.total')) " + orders);
    compare(wrong, pipeline, "SELECT count(*) FROM orders WHERE status = 'paid'",
            "SELECT count(*) " + orders + " AND json_extract(row, '$.status') = 'paid'");
    compare(wrong, pipeline, "SELECT count(*) FROM items",
            "SELECT count(*) FROM rows WHERE key LIKE 'items/%'");
    compare(wrong, pipeline, "SELECT CAST(total(balance) * 4 AS INTEGER) FROM customers",
            "SELECT CAST(total(json_extract(row, '$.balance')) * 4 AS INTEGER) FROM rows WHERE key "
            "LIKE 'customers/%'");
    return wrong;
  }

 private:
  void compare(std::string& wrong, const Pipeline& pipeline, const std::string& there,
               const std::string& here) const {
    const auto expected = ask(pipeline.shop(), there);
    const auto found = ask(database_, here);
    if (expected == found && found >= 0) return;
    wrong += here;
    wrong += ": " + std::to_string(found) + ", in the shop: " + std::to_string(expected) + "\n";
  }

  std::string config_;
  std::string name_;
  std::string database_;
};

class consumers_offline : public OnStream {};

TEST_P(consumers_offline, WritesGoOnAndConsumersCatchUp) {
  const Pipeline pipeline(options());
  ASSERT_EQ(pipeline.init(), "");
  Process relay = pipeline.relay();
  const Consumer billing(pipeline, "billing");
  const Consumer search(pipeline, "search");
  Writers before(pipeline.shop(), 1, {.seed = seed(), .transactions = 50});
  ASSERT_EQ(before.join().error, "");
  ASSERT_EQ(billing.catch_up(), "");
  ASSERT_EQ(search.catch_up(), "");

  // Both are down now. The shop takes orders, and its reads are consistent at once.
  auto shop =
      sqlite::Database::open(pipeline.shop(), sqlite::Open::read_write, Origin::usage, patience);
  ASSERT_TRUE(shop);
  Writers meanwhile(pipeline.shop(), 2, {.seed = seed() + 1, .transactions = 500});
  for (int i = 0; i < 100; ++i) {
    const std::string key = "offline-" + std::to_string(i);
    ASSERT_EQ(submit_order(*shop, key, i).value(), true);
    ASSERT_EQ(
        shop->integer("SELECT count(*) FROM orders WHERE idempotency_key = '" + key + "'").value(),
        1);
  }
  ASSERT_EQ(meanwhile.join().error, "");

  // One comes back while the relay runs, the other long after.
  ASSERT_EQ(billing.catch_up(), "");
  ASSERT_TRUE(has_begun(relay)) << relay.errors();
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  ASSERT_EQ(pipeline.catch_up(), "");
  const auto all = static_cast<std::int64_t>(pipeline.log_ids().size());
  for (const Consumer* consumer : {&billing, &search}) {
    ASSERT_EQ(consumer->catch_up(), "");
    EXPECT_EQ(consumer->applied(), all);
    EXPECT_EQ(consumer->difference(pipeline), "");
  }
  EXPECT_EQ(pipeline.disagreement(), "");
}

/// Retention keeps what a consumer that is down still needs.
TEST_P(consumers_offline, RetentionWaitsForThem) {
  PipelineOptions forgetful = options();
  forgetful.stream = [](const TemporaryFolder& folder) {
    return embedded_stream(folder, "events.db", ", retention: { size: 1MiB }");
  };
  if (std::string(GetParam().name) != "embedded") GTEST_SKIP() << "the broker's own business";
  const Pipeline pipeline(forgetful);
  ASSERT_EQ(pipeline.init(), "");
  const Consumer billing(pipeline, "billing");
  ASSERT_EQ(billing.catch_up(), "");
  Writers writers(pipeline.shop(), 2, {.seed = seed(), .transactions = 1000});
  ASSERT_EQ(writers.join().error, "");
  tell(pipeline.shop(), "UPDATE orders SET note = randomblob(2000)");
  Process relay = pipeline.relay();
  const auto all = static_cast<std::int64_t>(pipeline.log_ids().size());
  ASSERT_TRUE(
      wait_until([&] { return pipeline.stream().progress() == static_cast<std::uint64_t>(all); }));
  ASSERT_EQ(billing.catch_up(), "");
  EXPECT_EQ(billing.applied(), all);
  EXPECT_EQ(billing.difference(pipeline), "");
  // And it is the consumer that retention has waited for.
  const std::string first = "SELECT min(sequence) FROM events";
  EXPECT_TRUE(wait_until([&] { return ask(pipeline.folder() / "events.db", first) > 1; }));
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
}

INSTANTIATE_TEST_SUITE_P(On, consumers_offline, exactly_once_streams(), stream_name);

class user_resubmits : public OnStream {};

TEST_P(user_resubmits, OneRowAndOneEvent) {
  const Pipeline pipeline(options());
  ASSERT_EQ(pipeline.init(), "");
  Process relay = pipeline.relay();
  auto shop =
      sqlite::Database::open(pipeline.shop(), sqlite::Open::read_write, Origin::usage, patience);
  ASSERT_TRUE(shop);
  for (int i = 0; i < 50; ++i) {
    const std::string key = "order-" + std::to_string(i);
    EXPECT_EQ(submit_order(*shop, key, i).value(), true);
    // The client saw a time-out and submits again, and again, to a database that knows better.
    EXPECT_EQ(submit_order(*shop, key, i).value(), false);
    EXPECT_FALSE(shop->execute("INSERT INTO orders(idempotency_key, status, total) VALUES ('" +
                               key + "', 'placed', 1)"));
    EXPECT_TRUE(
        shop->execute("INSERT OR IGNORE INTO orders(idempotency_key, status, total) "
                      "VALUES ('" +
                      key + "', 'placed', 1)"));
  }
  ASSERT_TRUE(has_begun(relay)) << relay.errors();
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(pipeline.disagreement(), "");
  EXPECT_EQ(pipeline.tally_disagreement({{"orders.insert", 50}}), "");
}

INSTANTIATE_TEST_SUITE_P(On, user_resubmits, all_streams(), stream_name);

class late_service : public OnStream {};

TEST_P(late_service, NeedsToKnowOfNoPastFailure) {
  const Pipeline pipeline(options());
  ASSERT_EQ(pipeline.init(), "");
  Writers writers(pipeline.shop(), 2, {.seed = seed(), .pause = Milliseconds(1)});
  // A past with failures: relays that died at every step, and one that was taken for dead.
  for (const std::string step : {"shaped", "after_append", "acknowledged"}) {
    ASSERT_EQ(pipeline.faulty_relay("die", step, 3).wait()->signal, SIGKILL);
  }
  Process zombie = pipeline.faulty_relay("hang", "before_append", 2);
  ASSERT_TRUE(zombie.wait_paused());
  Process relay = pipeline.relay();
  const auto before = pipeline.stream().progress();
  ASSERT_TRUE(wait_until([&] { return pipeline.stream().progress() > before + 50; }))
      << relay.errors();
  zombie.resume();
  const Written written = writers.finish();
  ASSERT_EQ(written.error, "");
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  EXPECT_EQ(zombie.terminate(), Exit{}) << zombie.errors();
  ASSERT_EQ(pipeline.catch_up(), "");

  const Consumer newcomer(pipeline, "newcomer");
  ASSERT_EQ(newcomer.catch_up(), "");
  EXPECT_EQ(newcomer.applied(), static_cast<std::int64_t>(pipeline.log_ids().size()));
  EXPECT_EQ(newcomer.difference(pipeline), "");
  EXPECT_EQ(pipeline.disagreement(), "");
}

INSTANTIATE_TEST_SUITE_P(On, late_service, exactly_once_streams(), stream_name);

class materialize_then_crash : public OnStream {};

TEST_P(materialize_then_crash, AppliedOnce) {
  const Pipeline pipeline(options());
  ASSERT_EQ(pipeline.init(), "");
  Writers writers(pipeline.shop(), 1, {.seed = seed(), .transactions = 800});
  ASSERT_EQ(writers.join().error, "");
  ASSERT_EQ(pipeline.catch_up(), "");
  const auto all = static_cast<std::int64_t>(pipeline.log_ids().size());
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

INSTANTIATE_TEST_SUITE_P(On, materialize_then_crash, exactly_once_streams(), stream_name);

}  // namespace
}  // namespace headwater::rig

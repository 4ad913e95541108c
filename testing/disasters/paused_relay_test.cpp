// A relay that is stopped while it reads or trims the log must not block the writers of the user's
// database.
#include <algorithm>
#include <iostream>
#include <random>
#include <string>

#include "testing/disasters/disaster.h"

namespace headwater::rig {
namespace {

class paused_relay : public ::testing::TestWithParam<Journal> {
 protected:
  static PipelineOptions options() {
    // Trims at once, so that it is often stopped in the middle of it.
    return {.source = sqlite_source_in(GetParam()), .harm = Harm::history};
  }
};

/// At the steps of the lane that reads and trims, it holds no lock: all writers finish while it is
/// stopped.
TEST_P(paused_relay, HoldsNothingBetweenItsSteps) {
  const Pipeline pipeline(options());
  ASSERT_EQ(pipeline.init(), "");
  for (const std::string step : {"read", "released"}) {
    SCOPED_TRACE(step);
    Writers before(pipeline.source(), 1, {.seed = seed(), .pause = Milliseconds(1)});
    Process relay = pipeline.faulty_relay("hang", step, 4);
    ASSERT_TRUE(relay.wait_paused()) << relay.errors();
    ASSERT_EQ(before.finish().error, "");
    Writers writers(pipeline.source(), 3, {.seed = seed() + 1, .transactions = 100});
    const Written written = writers.join();
    EXPECT_EQ(written.error, "");
    EXPECT_EQ(written.transactions, 300U);
    EXPECT_TRUE(relay.wait_paused(Milliseconds(0)));
  }
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(pipeline.disagreement(), "");
}

/// At any other time it may hold a lock for a few milliseconds (in rollback-journal mode every
/// reader does), and a process that is stopped then keeps it. Counts how often writers wait until
/// it is resumed. Nothing fails, is lost or is repeated.
TEST_P(paused_relay, AtAnyTime) {
  const int pauses = repeats(1'000, 40);
  constexpr Milliseconds while_paused(300);
  std::mt19937_64 random(seed());
  const Pipeline pipeline(options());
  ASSERT_EQ(pipeline.init(), "");
  Writers writers(pipeline.source(), 2, {.seed = seed(), .pause = Milliseconds(1)});
  Process relay = pipeline.relay();
  int held = 0;
  for (int i = 0; i < pauses; ++i) {
    const auto progress = pipeline.stream().progress();
    ASSERT_TRUE(wait_until([&] { return pipeline.stream().progress() > progress; }))
        << relay.errors();
    // Waits for a random span, not for an event: the pause may come at any moment.
    ASSERT_FALSE(relay.wait(Milliseconds(random() % 15))) << relay.errors();
    relay.pause();
    const auto before = writers.transactions();
    if (!wait_until([&] { return writers.transactions() > before + 4; }, while_paused)) ++held;
    relay.resume();
  }
  const Written written = writers.finish();
  EXPECT_EQ(written.error, "");
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(pipeline.disagreement(), "");
  EXPECT_EQ(pipeline.tally_disagreement(written.changes), "");
  std::cout << "paused " << pauses << " times; writers blocked " << held
            << " times; slowest transaction " << written.longest.count() / 1000 << " ms\n";
  RecordProperty("held", held);
  RecordProperty("longest_ms", static_cast<int>(written.longest.count() / 1000));
}

INSTANTIATE_TEST_SUITE_P(In, paused_relay, ::testing::Values(Journal::wal, Journal::rollback),
                         [](const ::testing::TestParamInfo<Journal>& journal) {
                           return std::string(journal.param == Journal::wal ? "wal" : "rollback");
                         });

/// Conversely, a writer that holds its lock for a long time does not block the relay.
TEST(paused_writer, DoesNotHoldUpTheRelay) {
  const Pipeline pipeline;
  ASSERT_EQ(pipeline.init(), "");
  Writers writers(pipeline.source(), 1, {.seed = seed(), .transactions = 50});
  ASSERT_EQ(writers.join().error, "");
  auto shop = sqlite::Database::open(pipeline.shop(), sqlite::Open::read_write, Origin::usage);
  ASSERT_TRUE(shop && shop->execute("BEGIN IMMEDIATE; DELETE FROM orders"));
  Process relay = pipeline.relay();
  const auto all = pipeline.changes().size();
  EXPECT_TRUE(wait_until([&] { return pipeline.stream().progress() == all; })) << relay.errors();
  ASSERT_TRUE(shop->execute("ROLLBACK"));
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  EXPECT_EQ(pipeline.disagreement(), "");
}

}  // namespace
}  // namespace headwater::rig

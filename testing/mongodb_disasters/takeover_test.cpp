// zombie: a paused relay wakes after another took over. n_replicas: several relays with the same
// name run at once. Each change once, and whoever is late is refused.
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "testing/mongodb_disasters/disaster.h"

namespace headwater::rig {
namespace {

class zombie : public OnServer {};

/// So that a standby takes over within the time that a test stops its leader for.
constexpr const char* hasty = "takeover_after: 50ms\n";

TEST_P(zombie, IsRefusedAndStandsBy) {
  for (const std::string step : {"before_append", "after_append", "acknowledged"}) {
    SCOPED_TRACE(step);
    MongoServer& server = shared();
    MongoPipeline pipeline(kind(), server.uri());
    ASSERT_EQ(pipeline.init(), "");
    OrderWriters writers(server.uri(), 1, {.seed = seed(), .pause = Milliseconds(2)});

    Process first = pipeline.faulty_relay("hang", step, 3);
    ASSERT_TRUE(first.wait_paused()) << first.errors();
    const auto left_at = pipeline.progress();
    Process second = pipeline.relay();
    ASSERT_TRUE(wait_until([&] { return pipeline.progress() > left_at + 20; })) << second.errors();

    // It wakes with events in its hands that the other has published meanwhile.
    first.resume();
    EXPECT_TRUE(wait_until([&] {
      return first.errors().find("relay.standing_by") != std::string::npos;
    })) << first.errors();
    EXPECT_TRUE(first.running()) << first.errors();

    // Standing by means taking over when the other is gone.
    ASSERT_EQ(second.kill(), killed);
    const auto alone_at = pipeline.progress();
    ASSERT_TRUE(wait_until([&] { return pipeline.progress() > alone_at + 20; })) << first.errors();

    const Written written = writers.finish();
    ASSERT_EQ(written.error, "");
    ASSERT_TRUE(pipeline.wait_until_caught_up()) << first.errors();
    EXPECT_EQ(first.terminate(), Exit{}) << first.errors();
    EXPECT_EQ(pipeline.disagreement(), "");
    EXPECT_EQ(pipeline.tally_disagreement(written.changes), "");
  }
}

/// Also inside an append, or while the server waits for it.
TEST_P(zombie, WakesAtAnyTime) {
  std::mt19937_64 random(seed());
  MongoServer& server = shared();
  MongoPipeline pipeline(kind(), server.uri(), {.relay = hasty});
  ASSERT_EQ(pipeline.init(), "");
  OrderWriters writers(server.uri(), 1, {.seed = seed(), .pause = Milliseconds(2)});
  std::vector<Process> relays;
  std::generate_n(std::back_inserter(relays), 2, [&] { return pipeline.relay(); });
  int taken_over = 0;
  const auto a_while = [&] { return Milliseconds(taken_over == 0 ? 5'000 : 300); };
  for (int i = 0; i < repeats(200, 12); ++i) {
    Process& one = relays[i % 2 == 0 ? 0 : 1];
    Process& other = relays[i % 2 == 0 ? 1 : 0];
    const auto before = pipeline.progress();
    ASSERT_TRUE(wait_until([&] { return pipeline.progress() > before; }));
    ASSERT_FALSE(one.wait(Milliseconds(random() % 20))) << end_of(one);
    one.pause();
    const bool led = leads(one);
    const int stood_by = times_logged(one, "relay.standing_by");
    const int took_over = times_logged(other, "relay.taking_over");
    const auto beyond = [&, left_at = pipeline.progress()] {
      return pipeline.progress() > left_at;
    };
    // If it was stopped inside an append, it holds the stream's lock and nobody can go on; so only
    // a while, not until something happens.
    const bool overtaken = led && overtakes(other, took_over, beyond, a_while());
    ASSERT_FALSE(other.wait(Milliseconds(random() % 50))) << end_of(other);
    one.resume();
    if (!overtaken) continue;
    ++taken_over;
    ASSERT_TRUE(wait_until([&] { return times_logged(one, "relay.standing_by") > stood_by; }))
        << end_of(one);
  }
  EXPECT_GT(taken_over, 0);
  const Written written = writers.finish();
  ASSERT_TRUE(pipeline.wait_until_caught_up());
  for (Process& relay : relays) {
    EXPECT_TRUE(has_begun(relay)) << relay.errors();
    EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  }
  EXPECT_EQ(pipeline.disagreement(), "");
  EXPECT_EQ(pipeline.tally_disagreement(written.changes), "");
}

INSTANTIATE_TEST_SUITE_P(On, zombie, all_servers(), server_name);

bool has_taken_over(const Process& relay) { return times_logged(relay, "relay.taking_over") > 0; }

class n_replicas : public OnServer {};

TEST_P(n_replicas, FourAtOnceWithKills) {
  std::mt19937_64 random(seed());
  MongoServer& server = shared();
  MongoPipeline pipeline(kind(), server.uri(), {.relay = hasty});
  ASSERT_EQ(pipeline.init(), "");
  OrderWriters writers(server.uri(), 2, {.seed = seed(), .pause = Milliseconds(2)});
  std::vector<Process> relays;
  std::generate_n(std::back_inserter(relays), 4, [&] { return pipeline.relay(); });
  int stood_by = 0;
  int taken_over = 0;
  const auto count = [&](const Process& relay) {
    stood_by += times_logged(relay, "relay.standing_by");
    taken_over += times_logged(relay, "relay.taking_over");
  };
  Process* const leader = leader_of(relays);
  ASSERT_NE(leader, nullptr);
  for (int i = 0; i < kills(400); ++i) {
    const auto before = pipeline.progress();
    ASSERT_TRUE(wait_until([&] { return pipeline.progress() > before; }));
    Process& relay = i == 0 ? *leader : relays[random() % relays.size()];
    ASSERT_FALSE(relay.wait(Milliseconds(random() % 30))) << end_of(relay);
    ASSERT_EQ(relay.kill(), killed);
    count(relay);
    // One that starts may be faster than those that wait.
    ASSERT_TRUE(i > 0 || wait_until([&] { return std::ranges::any_of(relays, has_taken_over); }));
    relay = pipeline.relay();
  }
  const Written written = writers.finish();
  ASSERT_TRUE(pipeline.wait_until_caught_up());
  for (Process& relay : relays) {
    EXPECT_TRUE(has_begun(relay)) << relay.errors();
    EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
    count(relay);
  }
  EXPECT_GT(stood_by, 0);
  EXPECT_GT(taken_over, 0);
  EXPECT_EQ(pipeline.disagreement(), "");
  EXPECT_EQ(pipeline.tally_disagreement(written.changes), "");
}

/// No standby politeness: all four try all the time, so that nothing but the comparison keeps them
/// apart.
TEST_P(n_replicas, FourThatNeverWait) {
  MongoServer& server = shared();
  MongoPipeline pipeline(kind(), server.uri(), {.relay = "takeover_after: 1ms\n"});
  ASSERT_EQ(pipeline.init(), "");
  const auto transactions = static_cast<std::uint64_t>(repeats(200, 80));
  OrderWriters writers(server.uri(), 2, {.seed = seed(), .transactions = transactions});
  std::vector<Process> relays;
  std::generate_n(std::back_inserter(relays), 4, [&] { return pipeline.relay(); });
  const Written written = writers.join();
  ASSERT_EQ(written.error, "");
  ASSERT_TRUE(pipeline.wait_until_caught_up());
  int conflicts = 0;
  for (Process& relay : relays) {
    EXPECT_TRUE(has_begun(relay)) << relay.errors();
    EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
    conflicts += conflicts_of(relay);
  }
  EXPECT_GT(conflicts, 0);
  EXPECT_EQ(pipeline.disagreement(), "");
  EXPECT_EQ(pipeline.tally_disagreement(written.changes), "");
}

INSTANTIATE_TEST_SUITE_P(On, n_replicas, all_servers(), server_name);

}  // namespace
}  // namespace headwater::rig

// zombie: a paused relay wakes after another took over. n_replicas: several relays with the same
// name run at once. Each change is published once, and a late append is refused.
#include <algorithm>
#include <csignal>
#include <cstdint>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "testing/disasters/disaster.h"

namespace headwater::rig {
namespace {

class zombie : public Scenario {};

/// Makes a standby take over while a test has stopped its leader.
PipelineOptions hasty(PipelineOptions options) {
  options.relay = "takeover_after: 50ms\n";
  return options;
}

TEST_P(zombie, IsRefusedAndStandsBy) {
  // Only steps of the lane that appends. At another lane's step, a stopped relay may be inside an
  // append and hold the stream's lock; WakesAtAnyTime covers that.
  for (const std::string step : {"before_append", "after_append", "acknowledged"}) {
    SCOPED_TRACE(step);
    const Pipeline pipeline(options());
    ASSERT_EQ(pipeline.init(), "");
    Writers writers(pipeline.source(), 1, {.seed = seed(), .pause = Milliseconds(1)});

    Process first = pipeline.faulty_relay("hang", step, 3);
    ASSERT_TRUE(first.wait_paused()) << first.errors();
    const auto in_hands = pipeline.committed();

    Process second = pipeline.relay();
    ASSERT_TRUE(wait_until([&] { return pipeline.stream().progress() > in_hands + 20; }))
        << second.errors();

    // It wakes with events that the other has published meanwhile. On NATS it may still lead: if it
    // has read further than the other has published, its append repeats those events and continues
    // after them. Then the other stands by.
    first.resume();
    const auto stands_by = [](const Process& relay) {
      return times_logged(relay, "relay.standing_by") > 0;
    };
    ASSERT_TRUE(wait_until([&] { return stands_by(first) || stands_by(second); }))
        << first.errors() << "\nthe other:\n"
        << second.errors();
    Process& standby = stands_by(first) ? first : second;
    Process& leader = stands_by(first) ? second : first;
    const auto woken_at = pipeline.stream().progress();
    ASSERT_TRUE(wait_until([&] { return pipeline.stream().progress() > woken_at + 50; }));
    EXPECT_TRUE(standby.running()) << standby.errors();

    // A standby takes over when the leader is killed.
    ASSERT_EQ(leader.kill().signal, SIGKILL);
    const auto alone_at = pipeline.stream().progress();
    ASSERT_TRUE(wait_until([&] { return pipeline.stream().progress() > alone_at + 20; }))
        << standby.errors();

    const Written written = writers.finish();
    ASSERT_TRUE(pipeline.wait_until_caught_up()) << standby.errors();
    EXPECT_EQ(standby.terminate(), Exit{}) << standby.errors();
    EXPECT_EQ(pipeline.disagreement(), "");
    EXPECT_EQ(pipeline.tally_disagreement(written.changes), "");
  }
}

TEST_P(zombie, LeavesWhenItIsConfiguredTo) {
  PipelineOptions leaving = options();
  leaving.relay += "on_conflict: exit\n";
  const Pipeline pipeline(leaving);
  ASSERT_EQ(pipeline.init(), "");
  Writers writers(pipeline.source(), 1, {.seed = seed(), .pause = Milliseconds(1)});
  Process first = pipeline.faulty_relay("hang", "before_append", 3);
  ASSERT_TRUE(first.wait_paused());
  const auto in_hands = pipeline.committed();
  Process second = pipeline.relay();
  ASSERT_TRUE(wait_until([&] { return pipeline.stream().progress() > in_hands + 20; }))
      << second.errors();
  first.resume();
  const auto exit = first.wait();
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->code, 4) << first.errors();
  EXPECT_NE(first.errors().find("relay.conflict"), std::string::npos) << first.errors();
  writers.finish();
  ASSERT_TRUE(pipeline.wait_until_caught_up());
  EXPECT_EQ(second.terminate(), Exit{});
  EXPECT_EQ(pipeline.disagreement(), "");
}

TEST_P(zombie, WakesAtAnyTime) {
  std::mt19937_64 random(seed());
  const Pipeline pipeline(hasty(options()));
  ASSERT_EQ(pipeline.init(), "");
  Writers writers(pipeline.source(), 1, {.seed = seed(), .pause = Milliseconds(1)});
  Process first = pipeline.relay();
  Process second = pipeline.relay();
  Process* one = &first;
  Process* other = &second;
  int taken_over = 0;
  const auto a_while = [&] { return Milliseconds(taken_over == 0 ? 5'000 : 300); };
  for (int i = 0; i < repeats(200, 12); ++i) {
    const auto before = pipeline.stream().progress();
    ASSERT_TRUE(wait_until([&] { return pipeline.stream().progress() > before; }));
    ASSERT_FALSE(one->wait(Milliseconds(random() % 20))) << one->errors();
    one->pause();
    const bool led = leads(*one);
    const int stood_by = times_logged(*one, "relay.standing_by");
    const int took_over = times_logged(*other, "relay.taking_over");
    const int other_stood_by = times_logged(*other, "relay.standing_by");
    // The other publishes more than the stopped relay can have read.
    const auto beyond = [&, in_hands = pipeline.committed()] {
      return pipeline.stream().progress() > in_hands;
    };
    // If it was stopped inside an append, it holds the stream's lock and nobody can append. So this
    // only waits for a limited time.
    const bool overtaken = led && overtakes(*other, took_over, beyond, a_while());
    ASSERT_FALSE(other->wait(Milliseconds(random() % 50))) << other->errors();
    one->resume();
    if (overtaken) {
      ++taken_over;
      // On NATS it may lead again, if its append continues the other's.
      ASSERT_TRUE(wait_until([&] {
        return times_logged(*one, "relay.standing_by") > stood_by ||
               times_logged(*other, "relay.standing_by") > other_stood_by;
      })) << one->errors();
    }
    std::swap(one, other);
  }
  EXPECT_GT(taken_over, 0);
  const Written written = writers.finish();
  ASSERT_TRUE(pipeline.wait_until_caught_up());
  for (Process* relay : {&first, &second}) {
    EXPECT_TRUE(has_started(*relay)) << relay->errors();
    EXPECT_EQ(relay->terminate(), Exit{}) << relay->errors();
  }
  EXPECT_EQ(pipeline.disagreement(), "");
  EXPECT_EQ(pipeline.tally_disagreement(written.changes), "");
}

INSTANTIATE_TEST_SUITE_P(On, zombie, each_and_further(exactly_once_streams()), setting_name);

/// Within the test, only the hint can have made it lead.
class hinted_standby : public Scenario {};

TEST_P(hinted_standby, LeadsAtOnceWhenTheLeaderDies) {
  PipelineOptions hinted = options();
  hinted.relay = "takeover_after: 60s\nstandby: { sync_document: { lapse_after: 1s } }\n";
  const Pipeline pipeline(hinted);
  if (!pipeline.source().has_sync_document()) GTEST_SKIP() << "its database keeps no hint";
  ASSERT_EQ(pipeline.init(), "");
  Writers writers(pipeline.source(), 1, {.seed = seed(), .pause = Milliseconds(5)});
  std::vector<Process> relays;
  std::generate_n(std::back_inserter(relays), 2, [&] { return pipeline.relay(); });
  Process* const leader = leader_of(relays);
  ASSERT_NE(leader, nullptr);
  const Process& standby = leader == &relays.front() ? relays.back() : relays.front();
  ASSERT_EQ(leader->kill().signal, SIGKILL);
  ASSERT_TRUE(wait_until([&] { return times_logged(standby, "relay.taking_over") > 0; }))
      << standby.errors();
  const Written written = writers.finish();
  ASSERT_TRUE(pipeline.wait_until_caught_up()) << standby.errors();
  for (Process& relay : relays) {
    if (relay.running()) relay.terminate();
  }
  EXPECT_EQ(pipeline.disagreement(), "");
  EXPECT_EQ(pipeline.tally_disagreement(written.changes), "");
}

INSTANTIATE_TEST_SUITE_P(On, hinted_standby, each_and_further({embedded}), setting_name);

bool has_taken_over(const Process& relay) { return times_logged(relay, "relay.taking_over") > 0; }

class n_replicas : public Scenario {};

TEST_P(n_replicas, FourAtOnceWithKills) {
  std::mt19937_64 random(seed());
  const Pipeline pipeline(hasty(options()));
  ASSERT_EQ(pipeline.init(), "");
  Writers writers(pipeline.source(), 2, {.seed = seed(), .pause = Milliseconds(2)});
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
    const auto before = pipeline.stream().progress();
    ASSERT_TRUE(wait_until([&] { return pipeline.stream().progress() > before; }));
    Process& relay = i == 0 ? *leader : relays[random() % relays.size()];
    ASSERT_FALSE(relay.wait(Milliseconds(random() % 30))) << relay.errors();
    ASSERT_EQ(relay.kill().signal, SIGKILL);
    count(relay);
    // A new relay may take over before the standbys do.
    ASSERT_TRUE(i > 0 || wait_until([&] { return std::ranges::any_of(relays, has_taken_over); }));
    relay = pipeline.relay();
  }
  const Written written = writers.finish();
  ASSERT_TRUE(pipeline.wait_until_caught_up());
  for (auto& relay : relays) {
    EXPECT_TRUE(has_started(relay)) << relay.errors();
    EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
    count(relay);
  }
  EXPECT_GT(stood_by, 0);
  EXPECT_GT(taken_over, 0);
  EXPECT_EQ(pipeline.disagreement(), "");
  EXPECT_EQ(pipeline.tally_disagreement(written.changes), "");
}

/// All four append all the time, without standing by first. Only the stream's comparison keeps the
/// events right.
void let_four_append(const Pipeline& pipeline, std::uint64_t seed, int& conflicts) {
  ASSERT_EQ(pipeline.init(), "");
  const auto transactions = static_cast<std::uint64_t>(repeats(1000, some(pipeline, 250)));
  std::vector<Process> relays;
  std::generate_n(std::back_inserter(relays), 4, [&] { return pipeline.relay(); });
  // A quick database would have it all before all of them are there.
  for (const Process& relay : relays) ASSERT_TRUE(has_started(relay)) << relay.errors();
  Writers writers(pipeline.source(), 2, {.seed = seed, .transactions = transactions});
  const Written written = writers.join();
  ASSERT_EQ(written.error, "");
  ASSERT_TRUE(pipeline.wait_until_caught_up());
  for (auto& relay : relays) {
    EXPECT_TRUE(has_started(relay)) << relay.errors();
    EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
    conflicts += conflicts_of(relay);
  }
  EXPECT_EQ(pipeline.disagreement(), "");
  EXPECT_EQ(pipeline.tally_disagreement(written.changes), "");
}

TEST_P(n_replicas, FourThatNeverWait) {
  PipelineOptions eager = options();
  eager.relay = "takeover_after: 1ms\n";
  // With a quick database, it may happen that no two append at once.
  constexpr int most_tries = 10;
  int conflicts = 0;
  bool has_one_reader = false;
  for (int i = 0; i < most_tries && conflicts == 0 && !has_one_reader; ++i) {
    const Pipeline pipeline(eager);
    has_one_reader = pipeline.source().has_one_reader();
    let_four_append(pipeline, seed(), conflicts);
    if (HasFailure()) return;
  }
  EXPECT_TRUE(conflicts > 0 || has_one_reader);
}

INSTANTIATE_TEST_SUITE_P(On, n_replicas, each_and_further(exactly_once_streams()), setting_name);

}  // namespace
}  // namespace headwater::rig

// network_stream: the network to the stream's server is cut, silent or slow, or loses replies, also
// in the middle of an append; the server is killed or paused. Every event is published once, in
// order.
#include <algorithm>
#include <csignal>
#include <cstdint>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "testing/disasters/under_load.h"

namespace headwater::rig {
namespace {

class network_stream : public Scenario, public UnderLoad {
 protected:
  network_stream() { progress_step_ = 5; }
  void SetUp() override {
    Scenario::SetUp();
    if (!IsSkipped()) begin(options());
  }

  NetworkStream& network() { return pipeline_->stream().network(); }
  TcpProxy& proxy() { return network().proxy(); }
  [[nodiscard]] int times(int in_a_long_run, int usually) {
    return repeats(in_a_long_run, usually / network().slowness());
  }
  /// How many of `all` kills hit the server: at least one.
  [[nodiscard]] int server_kills_of(int all) {
    constexpr int base = 200;  // of server_kills()
    return (all * network().server_kills() + base - 1) / base;
  }
  /// How often the relay has logged a retry.
  static int retries(const Process& relay) { return times_logged(relay, "relay.retrying"); }
  static bool retries_again(const Process& relay, int times = 1) {
    const auto before = retries(relay);
    return wait_until([&] { return retries(relay) >= before + times; });
  }
};

TEST_P(network_stream, CutAtAnyTime) {
  std::mt19937_64 random(seed());
  start();
  for (int i = 0; i < times(200, 8); ++i) {
    ASSERT_TRUE(makes_progress()) << relay_->errors();
    ASSERT_FALSE(relay_->wait(Milliseconds(random() % 30))) << relay_->errors();
    proxy().cut();
    // Every third time it lasts until the relay has retried in vain.
    if (i % 3 == 0) {
      ASSERT_TRUE(retries_again(*relay_, 2)) << relay_->errors();
    }
    proxy().restore();
  }
  expect_everything_published();
}

/// Orders in one transaction; as an event, each has about 400 bytes.
constexpr int large = 5000;
constexpr std::uint64_t large_bytes = 2'000'000;
constexpr std::size_t short_note = 6;

TEST_P(network_stream, CutInTheMiddleOfALargeAppend) {
  std::mt19937_64 random(seed());
  const int rounds = times(200, 8);
  Process relay = pipeline_->relay();
  for (int i = 0; i < rounds; ++i) {
    proxy().cut_after(1 + random() % large_bytes);
    const auto before = retries(relay);
    pipeline_->source().insert_orders(large, short_note);
    const auto all = pipeline_->committed();
    ASSERT_TRUE(wait_until([&] { return retries(relay) > before || published() >= all; }))
        << relay.errors();
    proxy().restore();
    ASSERT_TRUE(wait_for_events(all)) << relay.errors();
  }
  EXPECT_GT(retries(relay), rounds / 3) << relay.errors();
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  EXPECT_EQ(pipeline_->disagreement(), "");
}

/// The server executes the requests, but the relay gets no replies. It must not repeat appends that
/// happened.
TEST_P(network_stream, RepliesLost) {
  std::mt19937_64 random(seed());
  start();
  int unconfirmed_appends = 0;
  // A lost reply may belong to a query. At least one must belong to an append.
  constexpr int most = 100;
  for (int i = 0; i < times(100, 6) || (unconfirmed_appends == 0 && i < most); ++i) {
    ASSERT_TRUE(makes_progress()) << relay_->errors();
    ASSERT_FALSE(relay_->wait(Milliseconds(random() % 20))) << relay_->errors();
    const auto retries_before = retries(*relay_);
    const auto lost_before = proxy().lost();
    network().lose_replies();
    const auto appended_before = progress();
    ASSERT_TRUE(wait_until([&] { return proxy().lost() > lost_before; })) << relay_->errors();
    // Every sixth time the relay waits until its timeout. Usually the connection breaks earlier.
    if (i % 6 == 0) {
      ASSERT_TRUE(wait_until([&] { return retries(*relay_) > retries_before; }))
          << relay_->errors();
    } else {
      ASSERT_FALSE(relay_->wait(Milliseconds(random() % 100))) << relay_->errors();
    }
    if (progress() > appended_before) ++unconfirmed_appends;
    proxy().restore();
  }
  EXPECT_GT(unconfirmed_appends, 0);
  expect_everything_published();
}

/// The silence lasts longer than the relay waits for a reply. Earlier requests arrive after it, too
/// late.
TEST_P(network_stream, Silent) {
  start();
  for (int i = 0; i < repeats(20, 1); ++i) {
    ASSERT_TRUE(makes_progress()) << relay_->errors();
    proxy().silence();
    ASSERT_TRUE(retries_again(*relay_)) << relay_->errors();
    proxy().restore();
  }
  expect_everything_published();
}

TEST_P(network_stream, Slow) {
  start();
  proxy().add_delay(Milliseconds(100));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(makes_progress()) << relay_->errors();
  proxy().add_delay(Milliseconds(0));
  expect_everything_published();
}

/// A relay that is asked to stop while nothing gets through still ends soon.
TEST_P(network_stream, EndsWhileTheNetworkIsSilent) {
  start();
  proxy().silence();
  ASSERT_FALSE(relay_->wait(Milliseconds(100))) << relay_->errors();
  relay_->signal(SIGTERM);
  EXPECT_TRUE(relay_->wait(Milliseconds(20'000))) << relay_->errors();
  proxy().restore();
  ASSERT_EQ(writers_->finish().error, "");
  ASSERT_EQ(pipeline_->catch_up(), "");
  EXPECT_EQ(pipeline_->disagreement(), "");
}

TEST_P(network_stream, ServerKilled) {
  std::mt19937_64 random(seed());
  start();
  for (int i = 0; i < times(50, 4); ++i) {
    ASSERT_TRUE(makes_progress()) << relay_->errors();
    ASSERT_FALSE(relay_->wait(Milliseconds(random() % 30))) << relay_->errors();
    network().kill_server();
    if (i % 2 == 0) {
      ASSERT_TRUE(retries_again(*relay_, 2)) << relay_->errors();
    }
    network().start_server();
  }
  expect_everything_published();
}

/// The server keeps its connections but does not answer; then it continues.
TEST_P(network_stream, ServerPaused) {
  start();
  network().pause_server();
  ASSERT_TRUE(retries_again(*relay_)) << relay_->errors();
  network().resume_server();
  ASSERT_TRUE(makes_progress()) << relay_->errors();
  expect_everything_published();
}

/// Two relays of one name and the server are killed at random, and started again at once.
TEST_P(network_stream, TwoRelaysUnderRandomKills) {
  const int all = kills(2'000);
  const int server_every = all / server_kills_of(all);
  std::mt19937_64 random(seed());
  Writers writers(pipeline_->source(), 2, {.seed = seed(), .pause = Milliseconds(5)});
  std::vector<Process> relays;
  std::generate_n(std::back_inserter(relays), 2, [&] { return pipeline_->relay(); });
  for (int i = 1; i <= all; ++i) {
    const auto before = progress();
    // One in four is killed without waiting for progress, so that some die before they have done
    // anything.
    if (i % 4 != 0) {
      ASSERT_TRUE(wait_until([&] { return progress() > before; }))
          << relays[0].errors() << relays[1].errors();
    }
    Process& relay = relays[random() % relays.size()];
    ASSERT_FALSE(relay.wait(Milliseconds(random() % 30))) << relay.errors();
    if (i % server_every == 0) {
      network().kill_server();
      network().start_server();
      continue;
    }
    ASSERT_EQ(relay.kill(), killed);
    relay = pipeline_->relay();
  }
  const Written written = writers.finish();
  ASSERT_EQ(written.error, "");
  ASSERT_TRUE(wait_for_events(pipeline_->committed())) << relays[0].errors() << relays[1].errors();
  for (auto& relay : relays) {
    EXPECT_TRUE(has_started(relay)) << relay.errors();
    EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  }
  EXPECT_EQ(pipeline_->disagreement(), "");
  EXPECT_EQ(pipeline_->tally_disagreement(written.changes), "");
  RecordProperty("kills", all);
  RecordProperty("events", static_cast<int>(pipeline_->stream().events().size()));
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(network_stream);
INSTANTIATE_TEST_SUITE_P(On, network_stream, each(streams_with_server()), setting_name);

}  // namespace
}  // namespace headwater::rig

// source_server: the network to the source's server is cut, silent or slow; the server is paused or
// killed. The relay continues where it was. SQLite has no server.
#include <array>
#include <iostream>
#include <random>
#include <string>

#include "testing/disasters/under_load.h"

namespace headwater::rig {
namespace {

class source_network : public HarmedSource<Harm::network>, public UnderLoad {
 protected:
  source_network() { progress_step_ = 5; }
  void SetUp() override {
    HarmedSource::SetUp();
    if (IsSkipped()) return;
    ASSERT_NO_FATAL_FAILURE(begin(options()));
    ASSERT_NO_FATAL_FAILURE(start());
  }
  ServerUnderTest& server() { return *pipeline_->source().server(); }
  TcpProxy& proxy() { return server().proxy(); }
};

TEST_P(source_network, CutAtAnyTime) {
  std::mt19937_64 random(seed());
  for (int i = 0; i < repeats(200, 8); ++i) {
    ASSERT_TRUE(makes_progress()) << relay_->errors();
    ASSERT_FALSE(relay_->wait(Milliseconds(random() % 30))) << end_of(*relay_);
    proxy().cut();
    // Every third time it lasts until the relay has retried in vain.
    if (i % 3 == 0) {
      ASSERT_FALSE(relay_->wait(Milliseconds(300))) << end_of(*relay_);
    }
    proxy().restore();
  }
  expect_everything_published();
}

/// The silence lasts until the relay reports the server as unavailable. Earlier requests are
/// answered after it, too late.
TEST_P(source_network, Silent) {
  proxy().silence();
  ASSERT_TRUE(logs("source.unavailable")) << relay_->errors();
  proxy().restore();
  ASSERT_TRUE(makes_progress()) << relay_->errors();
  expect_everything_published();
}

TEST_P(source_network, EndsWhileTheNetworkIsSilent) {
  proxy().silence();
  EXPECT_EQ(relay_->terminate(), Exit{}) << relay_->errors();
  proxy().restore();
  relay_.emplace(pipeline_->relay());
  expect_everything_published();
}

/// A client library may take minutes to let go of such a server, which no test waits for.
TEST_P(source_network, AStandbyEndsWhileTheServerIsPaused) {
  Process standby = pipeline_->relay();
  ASSERT_TRUE(wait_until([&] {
    return times_logged(standby, "relay.standing_by") > 0 ||
           times_logged(*relay_, "relay.standing_by") > 0;
  })) << standby.errors();
  server().pause_server();
  ASSERT_TRUE(logs("source.unavailable")) << relay_->errors();
  EXPECT_TRUE(standby.terminate()) << standby.errors();
  EXPECT_TRUE(relay_->terminate()) << relay_->errors();
  server().resume_server();
  relay_.emplace(pipeline_->relay());
  expect_everything_published();
}

TEST_P(source_network, Slow) {
  proxy().add_delay(Milliseconds(100));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(makes_progress()) << relay_->errors();
  proxy().add_delay(Milliseconds(0));
  expect_everything_published();
}

/// The server keeps its connections but does not answer; then it continues.
TEST_P(source_network, ServerPaused) {
  server().pause_server();
  ASSERT_TRUE(logs("source.unavailable")) << relay_->errors();
  server().resume_server();
  ASSERT_TRUE(makes_progress()) << relay_->errors();
  expect_everything_published();
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(source_network);
INSTANTIATE_TEST_SUITE_P(On, source_network, further(exactly_once_streams()), setting_name);

class source_server : public HarmedSource<Harm::server> {};

/// Two relays run while relays and the server are killed at random. The stream has the ids that an
/// independent reader finds, in order, each once.
TEST_P(source_server, TwoRelaysUnderKillsOfRelaysAndServer) {
  const int all = kills(2'000);
  const int relay_kills_per_server_kill = repeats(10, 8);
  std::mt19937_64 random(seed());
  PipelineOptions hasty = options();
  hasty.relay = "takeover_after: 100ms\n";
  const Pipeline pipeline(hasty);
  ASSERT_EQ(pipeline.init(), "");
  ServerUnderTest* const server = pipeline.source().server();
  ASSERT_NE(server, nullptr);
  Writers writers(pipeline.source(), 3,
                  {.seed = seed(), .pause = Milliseconds(1), .despite_errors = true});
  std::array<Process, 2> relays{pipeline.relay(), pipeline.relay()};
  for (int i = 1; i <= all; ++i) {
    // Every other kill waits for progress.
    const auto before = pipeline.stream().progress();
    Process& relay = relays.at(random() % relays.size());
    if (i % 2 == 0) {
      ASSERT_TRUE(wait_until([&] { return pipeline.stream().progress() > before; }))
          << relays[0].errors() << relays[1].errors();
    }
    // Waits for a random span, not for an event: the kill may come at any moment.
    ASSERT_FALSE(relay.wait(Milliseconds(random() % 60))) << end_of(relay);
    ASSERT_EQ(relay.kill(), killed);
    const bool kills_server = i % relay_kills_per_server_kill == 0;
    if (kills_server) server->kill_server();
    relay = pipeline.relay();
    if (kills_server) server->start_server();
  }
  const Written written = writers.finish();
  ASSERT_TRUE(pipeline.wait_until_caught_up()) << relays[0].errors() << relays[1].errors();
  for (Process& relay : relays) {
    EXPECT_TRUE(has_started(relay)) << relay.errors();
    EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  }
  EXPECT_EQ(pipeline.disagreement(), "");
  RecordProperty("events", static_cast<int>(pipeline.stream().progress()));
  std::cout << all << " kills of relays, " << all / relay_kills_per_server_kill
            << " of the server; " << pipeline.stream().progress() << " events of "
            << written.transactions << " acknowledged transactions\n";
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(source_server);
INSTANTIATE_TEST_SUITE_P(On, source_server, further(exactly_once_streams()), setting_name);

}  // namespace
}  // namespace headwater::rig

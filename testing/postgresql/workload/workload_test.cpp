// Everything that sessions can do at random, with pgbench beside it, while relays and the server are
// killed. The stream has the ids that an independent reader of a second slot finds, in order, each
// once; and its events make up the rows that the tables have.
#include <array>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "src/base/random.h"
#include "testing/disasters/disaster.h"
#include "testing/postgresql/workload/replay.h"
#include "testing/postgresql/workload/workload_source.h"

namespace headwater::rig {
namespace {

constexpr int writers_at_once = 5;
constexpr int relay_kills_per_server_kill = 10;

class Workload : public ::testing::Test {
 protected:
  void SetUp() override {
    PipelineOptions options;
    options.source = [](const TemporaryFolder& folder, Harm harm) {
      return std::make_unique<WorkloadSource>(folder, harm);
    };
    options.harm = Harm::server;
    options.keys = ", messages: true";
    options.relay = "takeover_after: 100ms\n";
    pipeline_.emplace(options);
    ASSERT_EQ(pipeline_->init(), "");
  }

  WorkloadSource& source() { return dynamic_cast<WorkloadSource&>(pipeline_->source()); }
  std::string logs() { return relays_[0]->errors() + relays_[1]->errors(); }

  void start_relays() {
    for (auto& relay : relays_) relay.emplace(pipeline_->relay());
  }
  /// Every other kill waits for progress.
  void kill_a_relay(bool after_progress) {
    const auto before = pipeline_->stream().progress();
    Process& relay = *relays_.at(random_() % relays_.size());
    if (after_progress) {
      ASSERT_TRUE(wait_until([&] { return pipeline_->stream().progress() > before; })) << logs();
    }
    // Waits for a random span, not for an event: the kill may come at any moment.
    ASSERT_FALSE(relay.wait(Milliseconds(random_() % 60))) << end_of(relay);
    ASSERT_EQ(relay.kill(), killed);
    relay = pipeline_->relay();
  }
  /// All its processes at once, or the first one, which then ends the others.
  void kill_the_server(bool all) {
    if (all) {
      source().kill_processes();
    } else {
      source().kill_server();
    }
    source().start_server();
  }
  void end_relays() {
    for (auto& relay : relays_) {
      EXPECT_TRUE(has_started(*relay)) << relay->errors();
      EXPECT_EQ(relay->terminate(), Exit{}) << relay->errors();
    }
  }

  Random random_{seed()};
  std::optional<Pipeline> pipeline_;
  std::array<std::optional<Process>, 2> relays_;
};

TEST_F(Workload, EqualsAnIndependentReaderUnderKillsOfRelaysAndServer) {
  SCOPED_TRACE("HEADWATER_SEED=" + std::to_string(seed()));
  const int all = repeats(200, 40);
  Writers writers(source(), writers_at_once,
                  {.seed = seed(), .pause = Milliseconds(1), .despite_errors = true});
  auto pgbench = source().pgbench(random_(), long_run());
  start_relays();
  for (int i = 1; i <= all; ++i) {
    ASSERT_NO_FATAL_FAILURE(kill_a_relay(i % 2 == 0));
    if (i % relay_kills_per_server_kill != 0) continue;
    kill_the_server(random_() % 2 == 0);
    // The reader reads on, so that it need not keep everything at once.
    (void)pipeline_->committed();
    if (pgbench) {
      // It gives up without its server.
      ASSERT_TRUE(pgbench->wait()) << pgbench->errors();
      pgbench = source().pgbench(random_(), long_run());
    }
  }
  // Enough for every kind of change, however slow the machine is.
  ASSERT_TRUE(wait_until([&] { return writers.transactions() >= 1'000; }));
  Written written = writers.finish();
  if (pgbench) pgbench->terminate();
  source().touch_every_row();
  ASSERT_TRUE(pipeline_->wait_until_caught_up()) << pipeline_->id_disagreement() << logs();
  end_relays();
  EXPECT_EQ(pipeline_->disagreement(), "");

  const Replay replay(pipeline_->folder() / "events.db");
  EXPECT_EQ(replay.difference(source().where()), "");
  EXPECT_GT(replay.unchanged(), 0);
  std::cout << all << " kills of relays, " << all / relay_kills_per_server_kill
            << " of the server; " << written.transactions << " acknowledged transactions, events:";
  for (const auto& [what, count] : replay.operations()) std::cout << " " << what << " " << count;
  std::cout << ", values left out " << replay.unchanged() << "; of the writers:";
  for (const auto& [what, count] : written.changes) std::cout << " " << what << " " << count << ",";
  std::cout << "\n";
  for (const char* kind : {"insert", "upsert", "copy", "update", "key", "delete", "truncate",
                           "message", "message at once", "definition", "identity", "type",
                           "savepoint", "rolled back to a savepoint", "rolled back", "asynchronous",
                           "prepared and committed", "prepared and rolled back"}) {
    EXPECT_GT(written.changes[kind], 0U) << kind;
  }
  EXPECT_LT(written.changes["failed"] * 3, written.transactions);
}

}  // namespace
}  // namespace headwater::rig

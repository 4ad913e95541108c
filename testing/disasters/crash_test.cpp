// crash_between_publish_and_checkpoint: a relay is killed at each step between read and
// acknowledge, and at any time under load. Nothing is lost or repeated.
#include <algorithm>
#include <csignal>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "src/relay/observer.h"
#include "testing/disasters/disaster.h"
#include "testing/disasters/lives_report.h"

namespace headwater::rig {
namespace {

class crash_between_publish_and_checkpoint : public Scenario {};

TEST_P(crash_between_publish_and_checkpoint, KilledAtEveryStep) {
  const Pipeline pipeline(options());
  ASSERT_EQ(pipeline.init(), "");
  Writers writers(pipeline.source(), 2, {.seed = seed(), .pause = Milliseconds(1)});
  for (const std::string_view word : step_words) {
    const std::string step(word);
    for (const std::uint64_t passing : {1U, 2U, 5U}) {
      Process relay = pipeline.faulty_relay("die", step, passing);
      ASSERT_EQ(relay.wait(), killed) << step << " " << passing << "\n" << relay.errors();
    }
  }
  const Written written = writers.finish();
  ASSERT_EQ(written.error, "");
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(pipeline.disagreement(), "");
  if (pipeline.stream().exactly_once()) {
    EXPECT_EQ(pipeline.tally_disagreement(written.changes), "");
  }
}

TEST_P(crash_between_publish_and_checkpoint, KilledAtAnyTimeUnderLoad) {
  std::mt19937_64 random(seed());
  const Pipeline pipeline(options());
  ASSERT_EQ(pipeline.init(), "");
  Writers writers(pipeline.source(), 2, {.seed = seed(), .pause = Milliseconds(2)});
  for (int i = 0; i < kills(2'000); ++i) {
    const auto before = pipeline.stream().progress();
    Process relay = pipeline.relay();
    // Every other relay lives until it has published something.
    if (i % 2 == 0) {
      ASSERT_TRUE(wait_until([&] { return pipeline.stream().progress() > before; }))
          << relay.errors();
    }
    // Waits for a random span, not for an event: the kill may come at any moment.
    EXPECT_EQ(relay.wait(Milliseconds(random() % 60)), std::nullopt) << relay.errors();
    ASSERT_EQ(relay.kill(), killed);
  }
  const Written written = writers.finish();
  ASSERT_EQ(written.error, "");
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(pipeline.disagreement(), "");
  if (pipeline.stream().exactly_once()) {
    EXPECT_EQ(pipeline.tally_disagreement(written.changes), "");
  }
  RecordProperty("kills", kills(2'000));
  RecordProperty("events", static_cast<int>(pipeline.stream().events().size()));
}

/// Short-lived relays, two of one name at a time if the stream allows it, read existing rows (if
/// the source has snapshots) and the changes of running writers.
TEST_P(crash_between_publish_and_checkpoint, HundredsOfLives) {
  PipelineOptions hasty = options();
  hasty.relay = "takeover_after: 10ms\n";
  Pipeline pipeline(hasty);
  const bool exactly_once = pipeline.stream().exactly_once();
  const int rows = some(pipeline, 10'000);
  const bool placed = pipeline.source().place_orders(rows);
  // A snapshot may be something to configure.
  pipeline.configure_source("");
  ASSERT_EQ(pipeline.init(), "");
  Writers writers(pipeline.source(), 1, {.seed = seed(), .pause = Milliseconds(10)});
  const int relays = exactly_once ? 2 : 1;
  const int lives =
      repeats(10, 1) * std::min(pipeline.stream().lives(), pipeline.source().lives()) / relays;
  std::vector<Process> parents;
  parents.reserve(static_cast<std::size_t>(relays));
  for (int relay = 0; relay < relays; ++relay) {
    parents.push_back(pipeline.lives(lives, seed() + static_cast<std::uint64_t>(relay * lives)));
  }
  LivesReport report;
  for (Process& parent : parents) ASSERT_NO_FATAL_FAILURE(add_report(report, parent));
  Written written = writers.finish();
  ASSERT_EQ(written.error, "");
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(pipeline.disagreement(), "");
  if (placed) written.changes["orders.read"] = static_cast<std::uint64_t>(rows);
  if (exactly_once && !pipeline.source().leaves_out_changes()) {
    EXPECT_EQ(pipeline.tally_disagreement(written.changes), "");
  }
  // A hung relay keeps the only place of a reader longer than a life lasts.
  expect_every_end(report, exactly_once && !pipeline.source().has_one_reader());
}

INSTANTIATE_TEST_SUITE_P(On, crash_between_publish_and_checkpoint, each_and_further(all_streams()),
                         setting_name);

}  // namespace
}  // namespace headwater::rig

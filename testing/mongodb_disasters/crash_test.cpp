// crash_between_publish_and_checkpoint: killed at each step between read and acknowledge, and at
// any time under load. No loss, no duplicate.
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "src/relay/observer.h"
#include "testing/disasters/lives_report.h"
#include "testing/mongodb_disasters/disaster.h"

namespace headwater::rig {
namespace {

class crash_between_publish_and_checkpoint : public OnServer {};

TEST_P(crash_between_publish_and_checkpoint, KilledAtEveryStep) {
  MongoServer& server = shared();
  MongoPipeline pipeline(kind(), server.uri());
  ASSERT_EQ(pipeline.init(), "");
  OrderWriters writers(server.uri(), 2, {.seed = seed(), .pause = Milliseconds(2)});
  for (const std::string_view word : step_words) {
    const std::string step(word);
    for (const std::uint64_t passing : {1U, 2U, 5U}) {
      Process relay = pipeline.faulty_relay("die", step, passing);
      ASSERT_EQ(relay.wait(), killed) << step << " " << passing << "\n" << relay.errors();
    }
  }
  const Written written = writers.finish();
  ASSERT_EQ(written.error, "");
  EXPECT_EQ(pipeline.disagreement(), "");
  EXPECT_EQ(pipeline.tally_disagreement(written.changes), "");
}

/// In the middle of transactions of many documents, which take several appends.
TEST_P(crash_between_publish_and_checkpoint, KilledInsideTransactions) {
  constexpr int documents = 2'000;
  MongoServer& server = shared();
  MongoPipeline pipeline(kind(), server.uri());
  ASSERT_EQ(pipeline.init(), "");
  MongoShell shell(server.uri());
  for (std::int64_t transaction = 0; transaction < 2; ++transaction) {
    shell.begin();
    std::vector<Doc> some;
    for (std::int64_t i = 0; i < documents; ++i) {
      some.push_back(std::move(Doc().add("_id", transaction * documents + i)));
    }
    shell.insert(orders, some);
    shell.commit();
  }
  for (const std::string step : {"before_append", "after_append", "acknowledged"}) {
    for (const std::uint64_t passing : {1U, 2U}) {
      Process relay = pipeline.faulty_relay("die", step, passing);
      ASSERT_EQ(relay.wait(), killed) << step << " " << passing << "\n" << relay.errors();
    }
  }
  EXPECT_EQ(pipeline.disagreement(), "");
  // Each transaction stands together, numbered, with one last change.
  const std::string of =
      " FROM (SELECT sequence, data -> '$.transaction' AS t FROM event)"
      " WHERE t IS NOT NULL";
  EXPECT_EQ(ask(pipeline.events_file(), "SELECT count(*)" + of), 2 * documents);
  EXPECT_EQ(ask(pipeline.events_file(), "SELECT count(DISTINCT t ->> '$.id')" + of), 2);
  EXPECT_EQ(ask(pipeline.events_file(), "SELECT count(*)" + of + " AND t ->> '$.last'"), 2);
  EXPECT_EQ(
      ask(pipeline.events_file(), "SELECT count(DISTINCT sequence - (t ->> '$.ordinal'))" + of), 2);
}

TEST_P(crash_between_publish_and_checkpoint, KilledAtAnyTimeUnderLoad) {
  std::mt19937_64 random(seed());
  MongoServer& server = shared();
  MongoPipeline pipeline(kind(), server.uri(), {.watch = "shop"});
  ASSERT_EQ(pipeline.init(), "");
  OrderWriters writers(server.uri(), 2, {.seed = seed(), .pause = Milliseconds(2)});
  for (int i = 0; i < kills(1'000); ++i) {
    const auto before = pipeline.progress();
    Process relay = pipeline.relay();
    // Every other one is left alone until it has published something, so that there is progress.
    if (i % 2 == 0) {
      ASSERT_TRUE(wait_until([&] { return pipeline.progress() > before; })) << relay.errors();
    }
    // Not waiting for anything: the moment of the kill is what is random.
    EXPECT_FALSE(relay.wait(Milliseconds(random() % 60))) << end_of(relay);
    ASSERT_EQ(relay.kill(), killed);
  }
  const Written written = writers.finish();
  ASSERT_EQ(written.error, "");
  EXPECT_EQ(pipeline.disagreement(), "");
  EXPECT_EQ(pipeline.tally_disagreement(written.changes), "");
}

/// Two relays of one name at a time that live only to die.
TEST_P(crash_between_publish_and_checkpoint, HundredsOfLives) {
  const int lives = repeats(2'000, 40);
  MongoServer server(quick());
  MongoPipeline pipeline(kind(), server.uri(),
                         {.watch = "shop", .relay = "takeover_after: 10ms\n"});
  ASSERT_EQ(pipeline.init(), "");
  OrderWriters writers(server.uri(), 2, {.seed = seed(), .pause = Milliseconds(2)});
  std::vector<Process> parents;
  for (std::uint64_t salt = 0; salt < 2; ++salt) {
    parents.push_back(pipeline.lives(lives, seed() + salt * static_cast<std::uint64_t>(lives)));
  }
  LivesReport report;
  for (Process& parent : parents) ASSERT_NO_FATAL_FAILURE(add_report(report, parent));
  const Written written = writers.finish();
  ASSERT_EQ(written.error, "");
  EXPECT_EQ(pipeline.disagreement(), "");
  EXPECT_EQ(pipeline.tally_disagreement(written.changes), "");
  expect_every_end(report, true);
}

INSTANTIATE_TEST_SUITE_P(On, crash_between_publish_and_checkpoint, all_servers(), server_name);

}  // namespace
}  // namespace headwater::rig

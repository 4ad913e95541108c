// two_relays: two live relays through random kills of relays and of the server. The ids in the
// stream equal an independent reader's list, in order, none twice.
#include <array>
#include <iostream>
#include <random>
#include <string>

#include "testing/mongodb_disasters/disaster.h"

namespace headwater::rig {
namespace {

class two_relays : public OnServer {};

TEST_P(two_relays, ThroughKillsOfBothSides) {
  const int all = kills(2'000);
  const int relay_kills_for_one_of_the_server = repeats(10, 8);
  std::mt19937_64 random(seed());
  MongoServer server({.kind = kind()});
  MongoPipeline pipeline(kind(), server.uri(), {.relay = "takeover_after: 100ms\n"});
  ASSERT_EQ(pipeline.init(), "");
  OrderWriters writers(server.uri(), 3,
                       {.seed = seed(), .pause = Milliseconds(1), .through_failures = true});
  std::array<Process, 2> relays{pipeline.relay(), pipeline.relay()};
  for (int i = 1; i <= all; ++i) {
    // Every other time something has been published since, so that there is progress.
    const auto before = pipeline.progress();
    Process& relay = relays.at(random() % relays.size());
    if (i % 2 == 0) {
      ASSERT_TRUE(wait_until([&] { return pipeline.progress() > before; }))
          << relays[0].errors() << relays[1].errors();
    }
    // Not waiting for anything: the moment of the kill is what is random.
    ASSERT_FALSE(relay.wait(Milliseconds(random() % 60))) << end_of(relay);
    ASSERT_EQ(relay.kill(), killed);
    if (i % relay_kills_for_one_of_the_server == 0) {
      server.kill();
      relay = pipeline.relay();
      server.start();
    } else {
      relay = pipeline.relay();
    }
  }
  const Written written = writers.finish();
  ASSERT_TRUE(pipeline.wait_until_caught_up()) << relays[0].errors() << relays[1].errors();
  for (Process& relay : relays) {
    EXPECT_TRUE(has_begun(relay)) << relay.errors();
    EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  }
  EXPECT_EQ(pipeline.disagreement(), "");
  RecordProperty("events", static_cast<int>(pipeline.progress()));
  std::cout << all << " kills of relays, " << all / relay_kills_for_one_of_the_server
            << " of the server; " << pipeline.progress() << " events of " << written.transactions
            << " acknowledged transactions\n";
}

INSTANTIATE_TEST_SUITE_P(On, two_relays, all_servers(), server_name);

}  // namespace
}  // namespace headwater::rig

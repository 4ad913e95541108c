// source_history_lost, as far as MongoDB alone goes: the server forgets by itself, also under a
// relay that sleeps, and knows no beginning. idle: where nothing happens that is watched, the
// position moves all the same.
#include "testing/mongodb/history.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "testing/mongodb/own_disasters.h"

namespace headwater::rig {
namespace {

/// "1795431392.17" → 1795431392.
std::uint64_t seconds_of(const std::string& time) {
  return std::strtoull(time.c_str(), nullptr, 10);
}

/// The ids in the stream from this one on.
std::vector<std::string> ids_from(const Pipeline& pipeline, std::uint64_t first) {
  std::vector<std::string> ids;
  for (auto& event : pipeline.stream().events()) ids.push_back(std::move(event.id));
  ids.erase(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(first));
  return ids;
}

class history : public OnServer {};

/// Where the stream ended, and where it goes on.
TEST_P(history, TheGapHasBothEnds) {
  MongoServer server(forgetful(kind()));
  Pipeline pipeline(on(server, {.keys = ", on_lost_position: skip"}));
  ASSERT_EQ(pipeline.init(), "");
  write_some(pipeline, 1);
  ASSERT_EQ(pipeline.catch_up(), "");
  const ClusterTime position = MongoShell(server.uri()).time();
  pipeline.source().lose_history(pipeline);
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(gap_says(pipeline, "reason"), "source.history_lost");
  EXPECT_EQ(gap_says(pipeline, "restated"), "0");
  const auto from = seconds_of(gap_says(pipeline, "from"));
  const auto to = seconds_of(gap_says(pipeline, "to"));
  EXPECT_LE(from, position.seconds + 1);
  EXPECT_GE(from + 60, position.seconds);
  EXPECT_GE(to, position.seconds);
  EXPECT_GE(to, from);
}

/// It sleeps for too long with everything open.
TEST_P(history, LostWhileTheRelaySleeps) {
  MongoServer server(forgetful(kind()));
  Pipeline pipeline(on(server));
  ASSERT_EQ(pipeline.init(), "");
  Process relay = pipeline.relay();
  write_some(pipeline, 1);
  ASSERT_TRUE(pipeline.wait_until_caught_up()) << relay.errors();
  relay.pause();
  write_some(pipeline, 2);
  cut_history(server, kind());
  relay.resume();
  const auto exit = relay.wait();
  ASSERT_TRUE(exit) << relay.errors();
  EXPECT_EQ(exit->code, source_error) << relay.errors();
  EXPECT_NE(relay.errors().find("source.history_lost"), std::string::npos) << relay.errors();
}

/// The server does not know where the relay once began: it begins now, and the stream says so.
TEST_P(history, AnOperatorsResetLeavesAGap) {
  Pipeline pipeline(on(shared()));
  ASSERT_EQ(pipeline.init(), "");
  write_some(pipeline, 1);
  ASSERT_EQ(pipeline.catch_up(), "");
  write_some(pipeline, 2);
  const Outcome asked = run(pipeline.headwater({"position", "reset"}));
  EXPECT_EQ(asked.exit.code, usage_error) << asked.errors;
  const Outcome reset = run(pipeline.headwater({"position", "reset", "--yes"}));
  ASSERT_EQ(reset.exit, Exit{}) << reset.errors;
  EXPECT_EQ(gap_says(pipeline, "reason"), "position set by an operator");
  mongo(pipeline).restart_witness();
  const auto before = progress(pipeline);
  write_some(pipeline, 3);
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(first_difference(pipeline.changes(), ids_from(pipeline, before)), "");
  EXPECT_EQ(count_of(pipeline, "%gap"), 1);
}

INSTANTIATE_TEST_SUITE_P(On, history, all_servers(), server_name);

class idle : public OnServer {};

TEST_P(idle, PositionMovesWithWhatOthersWrite) {
  MongoServer server(forgetful(kind()));
  Pipeline pipeline(on(server));
  ASSERT_EQ(pipeline.init(), "");
  write_some(pipeline, 1);
  Process relay = pipeline.relay();
  ASSERT_TRUE(pipeline.wait_until_caught_up()) << relay.errors();
  const auto events = progress(pipeline);
  const auto position = [&] { return stream_says(pipeline, "SELECT hex(position) FROM relays"); };
  // So often that all that was there before is forgotten in the end.
  MongoShell other(server.uri());
  for (std::int64_t i = 0; i < 3; ++i) {
    const std::string before = position();
    other.insert("noise.items", std::move(Doc().add("_id", i)));
    ASSERT_TRUE(wait_until([&] { return position() != before; })) << relay.errors();
  }
  cut_history(server, kind());
  const std::string before = position();
  other.insert("noise.items", std::move(Doc().add("_id", std::int64_t{3})));
  ASSERT_TRUE(wait_until([&] { return position() != before; })) << relay.errors();
  EXPECT_EQ(relay.terminate(), Exit{}) << relay.errors();
  // Nothing was published, and nothing is lost: not for a relay that begins now, either.
  EXPECT_EQ(progress(pipeline), events);
  mongo(pipeline).restart_witness();
  write_some(pipeline, 2);
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(first_difference(pipeline.changes(), ids_from(pipeline, events)), "");
}

INSTANTIATE_TEST_SUITE_P(On, idle, all_servers(), server_name);

}  // namespace
}  // namespace headwater::rig

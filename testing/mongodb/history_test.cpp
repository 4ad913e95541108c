// source_history_lost, as only MongoDB has it: the server deletes history by itself, even while a
// paused relay needs it, and does not remember the beginning. idle: the position moves even if
// nothing happens in the watched collection.
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

/// The ids in the stream, starting at this event.
std::vector<std::string> ids_from(const Pipeline& pipeline, std::uint64_t first) {
  std::vector<std::string> ids;
  for (auto& event : pipeline.stream().events()) ids.push_back(std::move(event.id));
  ids.erase(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(first));
  return ids;
}

class history : public OnServer {};

/// The gap says where the stream ended and where it continues.
TEST_P(history, TheGapHasBothEnds) {
  MongoServer server(forgetful(kind()));
  Pipeline pipeline(on(server, {.keys = ", on_lost_position: skip"}));
  ASSERT_EQ(pipeline.init(), "");
  write_some(pipeline, 1);
  ASSERT_EQ(pipeline.catch_up(), "");
  const ClusterTime position = MongoShell(server.uri()).time();
  pipeline.source().lose_history(pipeline);
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(gap_member(pipeline, "reason"), "source.history_lost");
  EXPECT_EQ(gap_member(pipeline, "restated"), "0");
  const auto from = seconds_of(gap_member(pipeline, "from"));
  const auto to = seconds_of(gap_member(pipeline, "to"));
  EXPECT_LE(from, position.seconds + 1);
  EXPECT_GE(from + 60, position.seconds);
  EXPECT_GE(to, position.seconds);
  EXPECT_GE(to, from);
}

/// The relay is paused for too long, with its connections open.
TEST_P(history, LostWhileTheRelayIsPaused) {
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

/// The server does not remember where the relay began, so it starts from the present, after a gap.
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
  EXPECT_EQ(gap_member(pipeline, "reason"), "position set by an operator");
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
  const auto position = [&] { return query_stream(pipeline, "SELECT hex(position) FROM relays"); };
  // Often enough that the server deletes everything from before.
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
  // Nothing was published and nothing is lost, even for a relay that starts now.
  EXPECT_EQ(progress(pipeline), events);
  mongo(pipeline).restart_witness();
  write_some(pipeline, 2);
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(first_difference(pipeline.changes(), ids_from(pipeline, events)), "");
}

INSTANTIATE_TEST_SUITE_P(On, idle, all_servers(), server_name);

}  // namespace
}  // namespace headwater::rig

// source_history_lost: the position is older than the server's history. source_went_back: the
// server was restored from an older backup. A named error, or the policy; never a silent gap.
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "testing/mongodb_disasters/copy_of_orders.h"
#include "testing/mongodb_disasters/history.h"

namespace headwater::rig {
namespace {

/// "1795431392.17" → 1795431392.
std::uint64_t seconds_of(const std::string& time) {
  return std::strtoull(time.c_str(), nullptr, 10);
}

class source_history_lost : public OnServer {
 protected:
  source_history_lost() = default;

  /// A relay that was down for longer than the server remembers.
  void lose_history(const std::string& policy) {
    server_.emplace(forgetful(kind()));
    pipeline_.emplace(kind(), server_->uri(),
                      MongoPipelineOptions{.source = ", on_lost_position: " + policy});
    ASSERT_EQ(pipeline_->init(), "");
    write_some(server_->uri(), 1);
    ASSERT_EQ(pipeline_->catch_up(), "");
    position_ = MongoShell(server_->uri()).time();
    write_some(server_->uri(), 2);
    cut_history(*server_, kind());
    MongoShell shell(server_->uri());
    // The oldest change is what the others are found by, and no more.
    ClusterTime first = oldest_change(shell);
    ++first.increment;
    pipeline_->begin_witness(first);
    write_some(server_->uri(), 3);
  }
  /// The gap event says where the stream ended, and where it goes on.
  void expect_gap_with_both_ends(const std::string& restated) {
    EXPECT_EQ(gap_says(*pipeline_, "reason"), "source.history_lost");
    EXPECT_EQ(gap_says(*pipeline_, "restated"), restated);
    const auto from = seconds_of(gap_says(*pipeline_, "from"));
    const auto to = seconds_of(gap_says(*pipeline_, "to"));
    EXPECT_LE(from, position_.seconds + 1);
    EXPECT_GE(from + 60, position_.seconds);
    EXPECT_GE(to, position_.seconds);
    EXPECT_GE(to, from);
  }

  std::optional<MongoServer> server_;
  std::optional<MongoPipeline> pipeline_;
  ClusterTime position_;
};

TEST_P(source_history_lost, StopsWithItsName) {
  ASSERT_NO_FATAL_FAILURE(lose_history("stop"));
  expect_stop(*pipeline_, "source.history_lost");
  expect_stop(*pipeline_, "source.history_lost");
}

TEST_P(source_history_lost, SkipLeavesAGapAndGoesOn) {
  ASSERT_NO_FATAL_FAILURE(lose_history("skip"));
  ASSERT_EQ(pipeline_->catch_up(), "");
  expect_gap_with_both_ends("0");
  write_some(server_->uri(), 4);
  const auto& expected = pipeline_->change_ids();
  ASSERT_EQ(pipeline_->catch_up(), "");
  EXPECT_EQ(first_difference(expected, ids_behind_the_gap(*pipeline_)), "");
  // And not a second time.
  const auto all = pipeline_->progress();
  ASSERT_EQ(pipeline_->catch_up(), "");
  EXPECT_EQ(pipeline_->progress(), all);
}

TEST_P(source_history_lost, SnapshotRestatesTheCollection) {
  ASSERT_NO_FATAL_FAILURE(lose_history("snapshot"));
  ASSERT_EQ(pipeline_->catch_up(), "");
  expect_gap_with_both_ends("1");
  write_some(server_->uri(), 4);
  ASSERT_EQ(pipeline_->catch_up(), "");
  EXPECT_EQ(ids_behind_the_gap(*pipeline_).empty(), false);
  EXPECT_EQ(pipeline_->verify(), "");
  CopyOfOrders copy(pipeline_->events_file());
  ASSERT_EQ(copy.catch_up(), "");
  EXPECT_EQ(copy.difference(server_->uri()), "");
}

/// It sleeps for too long with everything open.
TEST_P(source_history_lost, StopsAlsoWhenItWakesToIt) {
  MongoServer server(forgetful(kind()));
  MongoPipeline pipeline(kind(), server.uri());
  ASSERT_EQ(pipeline.init(), "");
  Process relay = pipeline.relay();
  write_some(server.uri(), 1);
  ASSERT_TRUE(pipeline.wait_until_caught_up()) << relay.errors();
  relay.pause();
  write_some(server.uri(), 2);
  cut_history(server, kind());
  relay.resume();
  const auto exit = relay.wait();
  ASSERT_TRUE(exit) << relay.errors();
  EXPECT_EQ(exit->code, source_error) << relay.errors();
  EXPECT_NE(relay.errors().find("source.history_lost"), std::string::npos) << relay.errors();
}

/// The server does not know where the relay once began: it begins now, and the stream says so.
TEST_P(source_history_lost, AnOperatorsResetLeavesAGap) {
  MongoServer& server = shared();
  MongoPipeline pipeline(kind(), server.uri());
  ASSERT_EQ(pipeline.init(), "");
  write_some(server.uri(), 1);
  ASSERT_EQ(pipeline.catch_up(), "");
  write_some(server.uri(), 2);
  const Outcome asked = run(pipeline.headwater({"position", "reset"}));
  EXPECT_EQ(asked.exit.code, usage_error) << asked.errors;
  const Outcome reset = run(pipeline.headwater({"position", "reset", "--yes"}));
  ASSERT_EQ(reset.exit, Exit{}) << reset.errors;
  EXPECT_EQ(gap_says(pipeline, "reason"), "position set by an operator");
  pipeline.begin_witness();
  write_some(server.uri(), 3);
  const auto& expected = pipeline.change_ids();
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(first_difference(expected, ids_behind_the_gap(pipeline)), "");
}

INSTANTIATE_TEST_SUITE_P(On, source_history_lost, all_servers(), server_name);

class source_went_back : public OnServer {
 protected:
  void SetUp() override {
    OnServer::SetUp();
    if (IsSkipped()) return;
    server_.emplace(MongoOptions{.kind = kind()});
    pipeline_.emplace(kind(), server_->uri());
    ASSERT_EQ(pipeline_->init(), "");
    write_some(server_->uri(), 1);
  }
  void keep_backup() {
    server_->stop();
    server_->copy_data(pipeline_->folder() / "backup");
    server_->start();
  }
  void go_back() {
    const ClusterTime newest = MongoShell(server_->uri()).time();
    server_->stop();
    server_->restore_data(pipeline_->folder() / "backup");
    // Nobody restores within a second. A mongod knows its own tokens even then; SecantusDB takes
    // any whose time it knows, and it counts anew in each second.
    ASSERT_TRUE(wait_until([&] { return std::time(nullptr) > newest.seconds; }));
    server_->start();
  }

  std::optional<MongoServer> server_;
  std::optional<MongoPipeline> pipeline_;
};

TEST_P(source_went_back, StopsWithItsName) {
  keep_backup();
  write_some(server_->uri(), 2);
  ASSERT_EQ(pipeline_->catch_up(), "");
  go_back();
  expect_stop(*pipeline_, "source.went_back");
  // Also when new changes have come behind the old end.
  write_some(server_->uri(), 3, 150);
  expect_stop(*pipeline_, "source.went_back");
}

TEST_P(source_went_back, WhileTheRelayRuns) {
  keep_backup();
  Process relay = pipeline_->relay();
  write_some(server_->uri(), 2);
  ASSERT_TRUE(pipeline_->wait_until_caught_up()) << relay.errors();
  go_back();
  write_some(server_->uri(), 3, 150);
  const auto exit = relay.wait();
  ASSERT_TRUE(exit) << relay.errors();
  EXPECT_EQ(exit->code, source_error);
  EXPECT_NE(relay.errors().find("source.went_back"), std::string::npos) << relay.errors();
}

TEST_P(source_went_back, SnapshotRestatesTheCollection) {
  keep_backup();
  write_some(server_->uri(), 2);
  ASSERT_EQ(pipeline_->catch_up(), "");
  go_back();
  pipeline_->configure({.source = ", on_lost_position: snapshot"});
  write_some(server_->uri(), 3);
  ASSERT_EQ(pipeline_->catch_up(), "");
  EXPECT_EQ(gap_says(*pipeline_, "reason"), "source.went_back");
  EXPECT_EQ(pipeline_->verify(), "");
  CopyOfOrders copy(pipeline_->events_file());
  ASSERT_EQ(copy.catch_up(), "");
  EXPECT_EQ(copy.difference(server_->uri()), "");
}

/// The backup is as old as the stream's end: nothing is lost, and nothing to say.
TEST_P(source_went_back, NotWhenTheBackupIsRecentEnough) {
  ASSERT_EQ(pipeline_->catch_up(), "");
  keep_backup();
  write_some(server_->uri(), 2);
  go_back();
  write_some(server_->uri(), 3);
  EXPECT_EQ(pipeline_->disagreement(), "");
}

INSTANTIATE_TEST_SUITE_P(On, source_went_back, all_servers(), server_name);

}  // namespace
}  // namespace headwater::rig

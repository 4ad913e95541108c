// source_history_lost: the position is older than the source's history. source_went_back: the
// source was restored from an older backup. A named error, or the policy; never a silent gap.
#include <cstdint>
#include <string>
#include <vector>

#include "testing/disasters/disaster.h"

namespace headwater::rig {
namespace {

/// `run` must end by itself with the source's exit code, the error's name and a next step, and must
/// not have appended anything.
void expect_stop(const Pipeline& pipeline, const std::string& name) {
  const auto before = pipeline.stream().events().size();
  const Outcome outcome = run(pipeline.headwater({"run"}));
  EXPECT_EQ(outcome.exit, (Exit{.code = source_error, .signal = 0})) << outcome.errors;
  EXPECT_NE(outcome.errors.find(name), std::string::npos) << outcome.errors;
  EXPECT_NE(outcome.errors.find("headwater "), std::string::npos)
      << "no command that mends it: " << outcome.errors;
  EXPECT_EQ(pipeline.stream().events().size(), before);
}

class source_history_lost : public OnStream {
 protected:
  /// A stream that went back to where the source's log was trimmed since.
  static void lose_history(Pipeline& pipeline) {
    ASSERT_EQ(pipeline.init(), "");
    write_some(pipeline, 1);
    ASSERT_EQ(pipeline.catch_up(), "");
    pipeline.stream().keep_copy();
    const auto then = static_cast<std::int64_t>(pipeline.log_ids().size());
    Process relay = pipeline.relay();
    Writers writers(pipeline.shop(), 1, {.seed = seed() + 2, .pause = Milliseconds(2)});
    ASSERT_TRUE(wait_until([&] {
      return ask(pipeline.shop(), "SELECT min(seq) FROM _headwater_log") > then + 10;
    })) << relay.errors();
    ASSERT_EQ(writers.finish().error, "");
    ASSERT_EQ(relay.terminate(), Exit{});
    pipeline.stream().go_back();
    write_some(pipeline, 3);
  }
  static PipelineOptions with_policy(const std::string& policy) {
    PipelineOptions chosen = options();
    chosen.source = ", history: 0s, on_lost_position: " + policy;
    return chosen;
  }
  static std::vector<std::size_t> gaps(const Pipeline& pipeline) {
    std::vector<std::size_t> found;
    const auto events = pipeline.stream().events();
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (events[i].type.ends_with("gap")) found.push_back(i);
    }
    return found;
  }
};

TEST_P(source_history_lost, StopsWithItsName) {
  Pipeline pipeline(with_policy("stop"));
  lose_history(pipeline);
  expect_stop(pipeline, "source.history_lost");
  expect_stop(pipeline, "source.history_lost");
}

TEST_P(source_history_lost, SkipLeavesAGapAndGoesOn) {
  Pipeline pipeline(with_policy("skip"));
  lose_history(pipeline);
  ASSERT_EQ(pipeline.catch_up(), "");
  write_some(pipeline, 4);
  ASSERT_EQ(pipeline.catch_up(), "");
  const auto found = gaps(pipeline);
  ASSERT_EQ(found.size(), 1U);
  const auto events = pipeline.stream().events();
  const auto log = pipeline.log_ids();
  // From the end of the stream back to the gap stands what came after it, one after the other.
  const std::size_t kept = events.size() - found.front() - 1;
  ASSERT_GT(kept, 0U);
  for (std::size_t i = 1; i <= kept; ++i) {
    ASSERT_EQ(events[events.size() - i].id, log[log.size() - i]);
  }
  // And not a second time.
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(pipeline.stream().events().size(), events.size());
}

TEST_P(source_history_lost, SnapshotRestatesTheTables) {
  Pipeline pipeline(with_policy("snapshot"));
  lose_history(pipeline);
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_GE(gaps(pipeline).size(), 1U);
  write_some(pipeline, 4);
  ASSERT_EQ(pipeline.catch_up(), "");
  const Outcome verified = run(pipeline.headwater({"verify"}));
  EXPECT_EQ(verified.exit, Exit{}) << verified.output << verified.errors;
}

INSTANTIATE_TEST_SUITE_P(On, source_history_lost, exactly_once_streams(), stream_name);

class source_went_back : public OnStream {};

TEST_P(source_went_back, StopsWithItsName) {
  const Pipeline pipeline(options());
  ASSERT_EQ(pipeline.init(), "");
  write_some(pipeline, 1);
  copy_database(pipeline.shop(), pipeline.folder() / "backup.db");
  write_some(pipeline, 2);
  ASSERT_EQ(pipeline.catch_up(), "");
  restore_database(pipeline.folder() / "backup.db", pipeline.shop());
  expect_stop(pipeline, "source.went_back");
  expect_stop(pipeline, "source.went_back");
}

TEST_P(source_went_back, AlsoWhenNewWritesHavePassedTheOldEnd) {
  const Pipeline pipeline(options());
  ASSERT_EQ(pipeline.init(), "");
  write_some(pipeline, 1);
  copy_database(pipeline.shop(), pipeline.folder() / "backup.db");
  write_some(pipeline, 2);
  ASSERT_EQ(pipeline.catch_up(), "");
  const auto end = pipeline.log_ids().size();
  restore_database(pipeline.folder() / "backup.db", pipeline.shop());
  while (pipeline.log_ids().size() <= end + 10) write_some(pipeline, 3);
  expect_stop(pipeline, "source.went_back");
}

TEST_P(source_went_back, WhileTheRelayRuns) {
  const Pipeline pipeline(options());
  ASSERT_EQ(pipeline.init(), "");
  write_some(pipeline, 1);
  copy_database(pipeline.shop(), pipeline.folder() / "backup.db");
  Process relay = pipeline.relay();
  write_some(pipeline, 2);
  const auto end = pipeline.log_ids();
  ASSERT_TRUE(wait_until([&] { return pipeline.stream().progress() >= end.size(); }));
  restore_database(pipeline.folder() / "backup.db", pipeline.shop());
  write_some(pipeline, 3, 500);
  const auto exit = relay.wait();
  ASSERT_TRUE(exit) << "the relay reads a file that is no longer there: " << relay.errors();
  EXPECT_EQ(exit->code, source_error);
  EXPECT_NE(relay.errors().find("source.went_back"), std::string::npos) << relay.errors();
}

/// The backup is as old as the stream's end: nothing is lost, and nothing to say.
TEST_P(source_went_back, NotWhenTheBackupIsRecentEnough) {
  const Pipeline pipeline(options());
  ASSERT_EQ(pipeline.init(), "");
  write_some(pipeline, 1);
  ASSERT_EQ(pipeline.catch_up(), "");
  copy_database(pipeline.shop(), pipeline.folder() / "backup.db");
  write_some(pipeline, 2);
  restore_database(pipeline.folder() / "backup.db", pipeline.shop());
  write_some(pipeline, 3);
  ASSERT_EQ(pipeline.catch_up(), "");
  EXPECT_EQ(pipeline.disagreement(), "");
}

INSTANTIATE_TEST_SUITE_P(On, source_went_back, exactly_once_streams(), stream_name);

}  // namespace
}  // namespace headwater::rig

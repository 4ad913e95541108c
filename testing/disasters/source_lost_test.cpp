// source_history_lost: the position is older than the source's history. source_went_back: the
// source was restored from an older backup. A named error, or the policy; never a silent gap.
#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "testing/disasters/consumer.h"
#include "testing/disasters/disaster.h"

namespace headwater::rig {
namespace {

/// Expects that `run` ends with the source's exit code, this error and a next step, and appends
/// nothing.
void expect_stop(const Pipeline& pipeline, const std::string& name) {
  const auto before = pipeline.stream().events().size();
  const Outcome outcome = run(pipeline.headwater({"run"}));
  EXPECT_EQ(outcome.exit, (Exit{.code = source_error, .signal = 0})) << outcome.errors;
  EXPECT_NE(outcome.errors.find(name), std::string::npos) << outcome.errors;
  EXPECT_NE(outcome.errors.find("on_lost_position"), std::string::npos)
      << "no next step: " << outcome.errors;
  EXPECT_EQ(pipeline.stream().events().size(), before);
}

/// Expects a gap event that announces the rows again, and then the source's rows.
void expect_restated(const Pipeline& pipeline) {
  const auto events = pipeline.stream().events();
  EXPECT_TRUE(
      std::ranges::any_of(events, [](const auto& event) { return event.type.ends_with("gap"); }));
  EXPECT_EQ(pipeline.verify(), "");
  const Consumer copy(pipeline, "copy");
  ASSERT_EQ(copy.catch_up(), "");
  EXPECT_EQ(copy.difference(pipeline), "");
}

class source_history_lost : public HarmedSource<Harm::history> {
 protected:
  void lose_history(const std::string& policy) {
    PipelineOptions chosen = options();
    chosen.keys = ", on_lost_position: " + policy;
    pipeline_.emplace(chosen);
    ASSERT_EQ(pipeline_->init(), "");
    write_some(*pipeline_, 1);
    ASSERT_EQ(pipeline_->catch_up(), "");
    pipeline_->source().lose_history(*pipeline_);
    write_some(*pipeline_, 3);
  }
  /// The ids after the only gap event; nullopt if there is not exactly one.
  [[nodiscard]] std::vector<std::string> ids_behind_the_gap() const {
    const auto events = pipeline_->stream().events();
    const auto is_gap = [](const auto& event) { return event.type.ends_with("gap"); };
    const auto gap = std::ranges::find_if(events, is_gap);
    if (std::ranges::count_if(events, is_gap) != 1) return {};
    std::vector<std::string> ids;
    std::transform(gap + 1, events.end(), std::back_inserter(ids),
                   [](const auto& event) { return event.id; });
    return ids;
  }

  std::optional<Pipeline> pipeline_;
};

TEST_P(source_history_lost, StopsWithItsName) {
  ASSERT_NO_FATAL_FAILURE(lose_history("stop"));
  expect_stop(*pipeline_, "source.history_lost");
  expect_stop(*pipeline_, "source.history_lost");
}

TEST_P(source_history_lost, SkipLeavesAGapAndGoesOn) {
  ASSERT_NO_FATAL_FAILURE(lose_history("skip"));
  ASSERT_EQ(pipeline_->catch_up(), "");
  write_some(*pipeline_, 4);
  ASSERT_EQ(pipeline_->catch_up(), "");
  EXPECT_EQ(pipeline_->source().difference(ids_behind_the_gap(), 0), "");
  // It does not happen a second time.
  const auto all = pipeline_->stream().events().size();
  ASSERT_EQ(pipeline_->catch_up(), "");
  EXPECT_EQ(pipeline_->stream().events().size(), all);
}

TEST_P(source_history_lost, SnapshotRestatesTheTables) {
  ASSERT_NO_FATAL_FAILURE(lose_history("snapshot"));
  ASSERT_EQ(pipeline_->catch_up(), "");
  write_some(*pipeline_, 4);
  ASSERT_EQ(pipeline_->catch_up(), "");
  expect_restated(*pipeline_);
}

INSTANTIATE_TEST_SUITE_P(On, source_history_lost, each_and_further(exactly_once_streams()),
                         setting_name);

class source_went_back : public HarmedSource<Harm::server> {
 protected:
  void SetUp() override {
    HarmedSource::SetUp();
    if (IsSkipped()) return;
    pipeline_.emplace(options());
    ASSERT_EQ(pipeline_->init(), "");
    write_some(*pipeline_, 1);
  }
  SourceUnderTest& source() { return pipeline_->source(); }

  std::optional<Pipeline> pipeline_;
};

TEST_P(source_went_back, StopsWithItsName) {
  source().keep_backup();
  write_some(*pipeline_, 2);
  ASSERT_EQ(pipeline_->catch_up(), "");
  source().go_back();
  expect_stop(*pipeline_, "source.went_back");
  // The same after new changes have passed the old end.
  write_some(*pipeline_, 3, 240);
  expect_stop(*pipeline_, "source.went_back");
}

TEST_P(source_went_back, WhileTheRelayRuns) {
  source().keep_backup();
  Process relay = pipeline_->relay();
  write_some(*pipeline_, 2);
  ASSERT_TRUE(pipeline_->wait_until_caught_up()) << relay.errors();
  source().go_back();
  write_some(*pipeline_, 3, 500);
  const auto exit = relay.wait();
  ASSERT_TRUE(exit) << "the relay still reads lost changes: " << relay.errors();
  EXPECT_EQ(exit->code, source_error);
  EXPECT_NE(relay.errors().find("source.went_back"), std::string::npos) << relay.errors();
}

TEST_P(source_went_back, SnapshotRestatesTheTables) {
  source().keep_backup();
  write_some(*pipeline_, 2);
  ASSERT_EQ(pipeline_->catch_up(), "");
  source().go_back();
  pipeline_->configure_source(", on_lost_position: snapshot");
  write_some(*pipeline_, 3);
  ASSERT_EQ(pipeline_->catch_up(), "");
  expect_restated(*pipeline_);
}

/// The backup has everything that the stream has, so nothing is lost.
TEST_P(source_went_back, NotWhenTheBackupIsRecentEnough) {
  ASSERT_EQ(pipeline_->catch_up(), "");
  source().keep_backup();
  write_some(*pipeline_, 2);
  source().go_back();
  write_some(*pipeline_, 3);
  ASSERT_EQ(pipeline_->catch_up(), "");
  EXPECT_EQ(pipeline_->disagreement(), "");
}

INSTANTIATE_TEST_SUITE_P(On, source_went_back, each_and_further(exactly_once_streams()),
                         setting_name);

}  // namespace
}  // namespace headwater::rig

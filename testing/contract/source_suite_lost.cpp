// The part of the suite about positions where a source cannot resume: lost history, a restored
// database, another database's position.
#include <set>

#include "testing/contract/source_suite.h"

namespace headwater::testing {

TEST_P(SourceSuite, LostHistoryIsAnError) {
  prepare();
  insert(1, 10);
  Position end;
  const auto all = drain(*open(), &end);
  if (!rig_->cut_history()) GTEST_SKIP() << "its history cannot be cut";
  auto adapter = rig_->source();
  EXPECT_EQ(refusal(*adapter, all[2].position), "source.history_lost");
  EXPECT_EQ(refusal(*adapter, beginning_), "source.history_lost");
  if (rig_->cut_keeps_newest()) {
    EXPECT_EQ(refusal(*adapter, end), "");
  }
}

TEST_P(SourceSuite, LostHistoryLeavesAGapIfConfigured) {
  prepare();
  insert(1, 10);
  if (!rig_->cut_history()) GTEST_SKIP() << "its history cannot be cut";
  auto skipping = open({}, {.on_lost = sources::OnLost::skip});
  insert(11, 2);
  std::vector<Op> expected{Op::gap, Op::insert, Op::insert};
  if (rig_->cut_keeps_newest() && rig_->skip_resumes_at_oldest()) expected.push_back(Op::insert);
  const auto skipped = await(*skipping, expected.size());
  ASSERT_EQ(ops_of(skipped), expected);
  EXPECT_FALSE(skipped[0].gap->restated);
  EXPECT_FALSE(skipped[0].gap->reason.empty());
  skipping->close();
  // Until it is in the stream, the gap keeps its id.
  EXPECT_EQ(ids_of(drain(*open({}, {.on_lost = sources::OnLost::skip}))), ids_of(skipped));
  EXPECT_EQ(drain(*open(skipped[0].position)).size(), skipped.size() - 1);
}

TEST_P(SourceSuite, LostHistoryStartsASnapshotIfConfigured) {
  prepare();
  insert(1, 10);
  if (!rig_->cut_history()) GTEST_SKIP() << "its history cannot be cut";
  const auto changes = publish(*open({}, {.on_lost = sources::OnLost::snapshot}), beginning_, 11);
  ASSERT_EQ(changes.size(), 11U);
  EXPECT_EQ(changes[0].op, Op::gap);
  EXPECT_TRUE(changes[0].gap->restated);
  Fold fold(*rig_);
  for (std::size_t i = 1; i < changes.size(); ++i) fold.apply(changes[i]);
  EXPECT_EQ(fold.reads(), 10U);
  EXPECT_EQ(fold.rows(), table());
}

TEST_P(SourceSuite, ARestoredDatabaseIsDetected) {
  prepare();
  insert(1, 10);
  if (!rig_->keep_copy()) GTEST_SKIP() << "cannot be copied";
  const auto early = drain(*open());
  insert(11, 10);
  const auto all = drain(*open());
  rig_->go_back();
  auto adapter = rig_->source();
  EXPECT_EQ(refusal(*adapter, all[15].position), "source.went_back");
  EXPECT_EQ(refusal(*adapter, early[9].position), "");
  // There are as many changes again as before, but different ones.
  insert(101, 30);
  EXPECT_EQ(refusal(*adapter, all[15].position), "source.went_back");
  EXPECT_EQ(drain(*open(early[9].position)).size(), 30U);
  // If the source skips them, no new change gets the id of a lost one.
  auto skipping = open(all[15].position, {.on_lost = sources::OnLost::skip});
  const std::size_t kept = rig_->skips_what_was_restored() ? 0 : 30;
  const auto after = publish(*skipping, all[15].position, 1 + kept);
  ASSERT_EQ(after.size(), 1U + kept);
  EXPECT_EQ(after[0].op, Op::gap);
  auto ids = ids_of(all);
  for (const auto& change : after) ids.push_back(change.id);
  EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), ids.size());
}

TEST_P(SourceSuite, IdsAreNotReusedAfterARestore) {
  prepare();
  insert(1, 10);
  if (!rig_->keep_copy()) GTEST_SKIP() << "cannot be copied";
  insert(11, 10);
  const auto all = drain(*open());
  rig_->go_back();
  auto source = open(all.back().position, {.on_lost = sources::OnLost::snapshot});
  insert(101, 15);
  auto ids = ids_of(publish(*source, all.back().position, 1 + 10 + 15));
  EXPECT_EQ(ids.size(), 1U + 10U + 15U);
  const auto old = ids_of(all);
  ids.insert(ids.end(), old.begin(), old.end());
  EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), ids.size());
}

TEST_P(SourceSuite, APositionOfAnotherDatabaseIsRefused) {
  prepare();
  insert(1, 3);
  const auto all = drain(*open());
  auto other = rig_->other_database();
  ASSERT_TRUE(other->prepare("a"));
  EXPECT_EQ(refusal(*other, all[1].position), "source.other_database");
}

TEST_P(SourceSuite, AMalformedPositionIsRefused) {
  prepare();
  insert(1, 3);
  const auto all = drain(*open());
  auto adapter = rig_->source();
  EXPECT_EQ(refusal(*adapter, {"nonsense"}), "source.bad_position");
  EXPECT_EQ(refusal(*adapter, {all[1].position.token.substr(0, 20)}), "source.bad_position");
  EXPECT_EQ(refusal(*adapter, {all[1].position.token + "x"}), "source.bad_position");
}

}  // namespace headwater::testing

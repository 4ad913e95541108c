// The part of the suite about one writer: what an append stores, and what survives it.
#include <cstdint>
#include <stop_token>
#include <string>

#include "testing/contract/stream_child.h"
#include "testing/contract/stream_suite.h"
#include "testing/rig/retried.h"

namespace headwater::testing {

/// A relay trusts limits(), so it need not learn the limit from an append that fails.
TEST_P(StreamSuite, AcceptsAnEventOfItsLargestSize) {
  constexpr std::size_t largest_tested = 32'000'000;
  const auto made = writer();
  ASSERT_TRUE(made->tail());
  const std::size_t largest = made->limits().event;
  if (largest > largest_tested) return;
  Event event = sample_event("a", 1);
  event.id = event.subject = event.partition_key = std::string(1'000, ' ');
  event.position = count_position(1);
  event.data = "\"\"";
  event.data.insert(1, largest - published_size(event), 'x');
  ASSERT_EQ(published_size(event), largest);
  auto appended = made->append({}, {&event, 1}, count_position(1), sample_source);
  ASSERT_TRUE(appended) << appended.error().message;
}

TEST_P(StreamSuite, ARelayThatNeverAppendedHasAnEmptyTail) { EXPECT_EQ(tail(), Tail{}); }

TEST_P(StreamSuite, AnAppendAddsEventsAndMovesTheTail) {
  const auto into = writer();
  auto appended = into->append({}, sample_batch("a", 1, 3), count_position(3), sample_source);
  ASSERT_TRUE(appended) << appended.error().message;
  const Tail moved = appended->tail();
  EXPECT_GE(moved.sequence, 3U);
  EXPECT_EQ(moved.position, count_position(3));
  EXPECT_EQ(moved.source, sample_source);
  EXPECT_EQ(into->tail()->tail(), moved);
  EXPECT_EQ(rig_->ids(), sample_ids("a", 3));
}

/// Otherwise a relay that is asked to end waits for as long as it would for an answer.
TEST_P(StreamSuite, AStopEndsAnAppendThatWaits) {
  const auto into = writer();
  auto appended = into->append({}, sample_batch("a", 1, 3), count_position(3), sample_source);
  ASSERT_TRUE(appended) << appended.error().message;
  if (!rig_->pause()) return;
  std::stop_source stop;
  stop.request_stop();
  auto waited = into->append(appended->tail(), sample_batch("a", 4, 3), count_position(6),
                             sample_source, stop.get_token());
  rig_->resume();
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().name, "stream.stopped") << waited.error().message;
  // It may have happened.
  auto found = rig::retried([&] { return into->tail(); });
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(rig_->ids(), sample_ids("a", found->tail().position == count_position(6) ? 6 : 3));
}

/// Its oldest event stays the same, so its history only grows.
TEST_P(StreamSuite, AStreamWithEventsHasAHistory) {
  const auto into = writer();
  ASSERT_TRUE(into->tail());
  const auto none = into->room();
  ASSERT_TRUE(none) << none.error().message;
  EXPECT_EQ(none->history, std::nullopt);
  auto some = into->append({}, sample_batch("a", 1, 3), count_position(3), sample_source);
  ASSERT_TRUE(some) << some.error().message;
  const auto before = into->room();
  ASSERT_TRUE(before) << before.error().message;
  EXPECT_EQ(before->history.has_value(), rig_->readable());
  auto more = into->append(some->tail(), sample_batch("a", 4, 3), count_position(6), sample_source);
  ASSERT_TRUE(more) << more.error().message;
  const auto after = into->room();
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_GE(after->history, before->history);
  EXPECT_EQ(after->bytes.has_value(), before->bytes.has_value());
}

TEST_P(StreamSuite, AnAppendWithoutEventsOnlyMovesThePosition) {
  fill(3);
  const Tail before = tail();
  const auto into = writer();
  auto moved = into->append(before, {}, count_position(9), sample_source);
  ASSERT_TRUE(moved) << moved.error().message;
  EXPECT_EQ(moved->tail().sequence, before.sequence);
  EXPECT_EQ(moved->tail().position, count_position(9));
  EXPECT_EQ(into->tail()->tail(), moved->tail());
  EXPECT_EQ(rig_->ids(), sample_ids("a", 3));
}

TEST_P(StreamSuite, AnEmptyStreamAcceptsAPositionWithoutEvents) {
  auto moved = writer()->append({}, {}, count_position(9), sample_source);
  ASSERT_TRUE(moved) << moved.error().message;
  EXPECT_EQ(tail(), (Tail{.sequence = 0, .position = count_position(9), .source = sample_source}));
  EXPECT_TRUE(rig_->ids().empty());
}

TEST_P(StreamSuite, TheTailSurvivesReopening) {
  fill(10);
  const Tail before = tail();
  auto again = rig_->another()->writer("a");
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->tail()->tail(), before);
}

TEST_P(StreamSuite, PositionsAreStoredByteForByte) {
  const Position odd{std::string("\0\xff\n\"\\ \xc3\xa9", 8)};
  ASSERT_TRUE(writer()->append({}, sample_batch("a", 1, 1), odd, "s \" \\"));
  EXPECT_EQ(tail().position, odd);
  EXPECT_EQ(tail().source, "s \" \\");
  EXPECT_TRUE(writer()->append(tail(), sample_batch("a", 2, 1), {}, sample_source));
  EXPECT_TRUE(tail().position.empty());
}

TEST_P(StreamSuite, RemovingARelayForgetsItsTailAndKeepsTheEvents) {
  fill(3);
  const std::uint64_t last = tail().sequence;
  auto removed = rig_->stream().remove("a");
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_EQ(rig_->ids(), sample_ids("a", 3));
  ASSERT_TRUE(rig_->stream().prepare("a"));
  EXPECT_EQ(tail(), Tail{});
  auto appended = writer()->append({}, sample_batch("a", 4, 1), count_position(4), sample_source);
  ASSERT_TRUE(appended);
  if (rig_->readable()) {
    EXPECT_GT(appended->tail().sequence, last);
  }
}

TEST_P(StreamSuite, PreparingAgainChangesNothing) {
  fill(3);
  const Tail before = tail();
  ASSERT_TRUE(rig_->stream().prepare("a"));
  EXPECT_EQ(tail(), before);
  EXPECT_EQ(rig_->ids(), sample_ids("a", 3));
}

TEST_P(StreamSuite, AHealthyStreamHasNoProblems) {
  fill(3);
  for (const Finding& finding : rig_->stream().check("a")) {
    EXPECT_NE(finding.kind, Finding::Kind::problem) << finding.what;
  }
}

TEST_P(StreamSuite, AnAppendThatFailsWritesNothingAndCanBeRetried) {
  fill(3);
  const auto into = writer();
  const Tail before = into->tail()->tail();
  if (!rig_->obstruct()) GTEST_SKIP() << "cannot be obstructed";
  auto failed = into->append(before, sample_batch("a", 4, 2), count_position(5), sample_source);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().remedy, Remedy::retry);
  EXPECT_EQ(failed.error().origin, Origin::stream);
  rig_->relieve();
  auto found = into->tail();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->tail(), before);
  EXPECT_EQ(rig_->ids(), sample_ids("a", 3));
  auto appended = into->append(before, sample_batch("a", 4, 2), count_position(5), sample_source);
  ASSERT_TRUE(appended) << appended.error().message;
  EXPECT_EQ(rig_->ids(), sample_ids("a", 5));
}

TEST_P(StreamSuite, AfterARestoreTheStreamIsFilledAgain) {
  fill(10);
  if (!rig_->keep_copy()) GTEST_SKIP() << "cannot be copied";
  const Tail older = tail();
  fill(20);
  rig_->go_back();
  EXPECT_EQ(tail(), older);
  fill(25);
  EXPECT_EQ(rig_->ids(), sample_ids("a", 25));
}

}  // namespace headwater::testing

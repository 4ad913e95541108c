// The part of the suite about several writers, and writers that are killed: each event is in the
// stream once, in order.
#include <algorithm>
#include <csignal>
#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "testing/contract/stream_child.h"
#include "testing/contract/stream_suite.h"
#include "testing/rig/process.h"
#include "testing/rig/retried.h"
#include "testing/rig/waiting.h"

namespace headwater::testing {
namespace {

constexpr rig::Exit success{};

}  // namespace

TEST_P(StreamSuite, AConflictWritesNothing) {
  const Tail stranger{.sequence = 3, .position = count_position(3), .source = sample_source};
  const auto refuse = [this](const Tail& expected, std::uint64_t count) {
    const Tail before = tail();
    const auto ids = rig_->ids();
    auto refused = writer()->append(expected, sample_batch("late", 1, count), count_position(99),
                                    sample_source);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().remedy, Remedy::stand_by);
    EXPECT_EQ(refused.error().origin, Origin::stream);
    EXPECT_EQ(refused.error().name, "stream.conflict");
    EXPECT_EQ(tail(), before);
    EXPECT_EQ(rig_->ids(), ids);
  };
  // An empty stream, where the writer expects a tail.
  refuse(stranger, 2);
  refuse(stranger, 0);
  fill(5);
  const Tail now = tail();
  for (const std::uint64_t count : {0U, 2U}) {
    refuse({}, count);
    refuse({.sequence = now.sequence - 1, .position = now.position, .source = now.source}, count);
    refuse({.sequence = now.sequence + 1, .position = now.position, .source = now.source}, count);
    refuse({.sequence = now.sequence, .position = count_position(4), .source = now.source}, count);
    refuse({.sequence = now.sequence, .position = {}, .source = now.source}, count);
  }
}

TEST_P(StreamSuite, AnAppendWithoutEventsFencesOtherWriters) {
  fill(5);
  const Tail stale = tail();
  ASSERT_TRUE(writer()->append(stale, {}, count_position(6), sample_source));
  auto refused = writer()->append(stale, sample_batch("a", 6, 1), count_position(6), sample_source);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().name, "stream.conflict");
  EXPECT_EQ(rig_->ids(), sample_ids("a", 5));
}

TEST_P(StreamSuite, AWriterContinuesAfterAConflict) {
  const auto first = writer();
  const auto second = writer();
  auto ours = first->append({}, sample_batch("a", 1, 2), count_position(2), sample_source);
  ASSERT_TRUE(ours);
  ASSERT_FALSE(second->append({}, sample_batch("a", 1, 2), count_position(2), sample_source));
  auto found = second->tail();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->tail(), ours->tail());
  ASSERT_TRUE(
      second->append(found->tail(), sample_batch("a", 3, 2), count_position(4), sample_source));
  ASSERT_FALSE(
      first->append(ours->tail(), sample_batch("a", 3, 2), count_position(4), sample_source));
  EXPECT_EQ(rig_->ids(), sample_ids("a", 4));
}

/// As from a relay that wakes up after another has published some of the same events.
TEST_P(StreamSuite, AnAppendThatAnotherWriterHasBegunIsWholeOrAConflict) {
  const auto late = append_after_another(sample_batch("a", 3, 3), count_position(5));
  EXPECT_EQ(rig_->ids(), sample_ids("a", late ? 12 : 5));
  if (late) {
    EXPECT_EQ(tail(), late->tail());
  } else {
    EXPECT_EQ(late.error().name, "stream.conflict");
  }
}

/// The other writer reached the same event after different ones, as after a change in the middle of
/// a snapshot. What the first one would append does not continue those.
TEST_P(StreamSuite, AnAppendAfterOtherEventsIsAConflict) {
  auto others = sample_batch("x", 1, 2);
  others.push_back(sample_event("a", 5));
  for (Event& event : others) event.position.token += " of another";
  const auto late = append_after_another(others, count_position(50));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().name, "stream.conflict");
  EXPECT_EQ(rig_->ids(), (std::vector<std::string>{"a:1", "a:2", "x:1", "x:2", "a:5"}));
  EXPECT_EQ(tail().position, count_position(50));
}

TEST_P(StreamSuite, AWriterContinuesFromAnothersTail) {
  if (!rig_->stream().exactly_once()) GTEST_SKIP() << "the stream cannot compare";
  const auto first = writer();
  const auto second = writer();
  auto tail = first->append({}, sample_batch("a", 1, 2), count_position(2), sample_source);
  ASSERT_TRUE(tail);
  for (std::uint64_t done = 2; done < 10; done += 2) {
    StreamWriter& next = done % 4 == 0 ? *first : *second;
    auto found = next.tail();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->tail(), tail->tail());
    tail = next.append(found->tail(), sample_batch("a", done + 1, 2), count_position(done + 2),
                       sample_source);
    ASSERT_TRUE(tail) << tail.error().message;
  }
  EXPECT_EQ(rig_->ids(), sample_ids("a", 10));
}

TEST_P(StreamSuite, RacingThreadsWriteEachEventOnce) {
  if (!rig_->stream().exactly_once()) GTEST_SKIP() << "the stream cannot compare";
  constexpr std::uint64_t each = 50;
  const std::vector<std::string> names{"w", "x", "y", "z"};
  {
    std::vector<std::jthread> racers;
    for (const std::string& name : names) {
      racers.emplace_back([this, name] {
        const auto stream = rig_->another();
        auto into = rig::retried([&] { return stream->writer("a"); });
        ASSERT_TRUE(into) << into.error().message;
        auto raced = race(**into, name, each);
        EXPECT_TRUE(raced) << raced.error().message;
      });
    }
  }
  EXPECT_EQ(counted(tail().position), each * names.size());
  const auto ids = rig_->ids();
  EXPECT_EQ(ids.size(), each * names.size());
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
}

TEST_P(StreamSuite, RacingProcessesWriteEachEventOnce) {
  if (!rig_->stream().exactly_once()) GTEST_SKIP() << "the stream cannot compare";
  constexpr std::uint64_t each = 50;
  const std::vector<std::string> names{"w", "x", "y", "z"};
  std::vector<rig::Process> racers;
  for (const std::string& name : names) {
    racers.emplace_back(rig_->child({"race", "a", name, std::to_string(each)}));
  }
  // Without a deadline: ctest has one.
  for (rig::Process& racer : racers) {
    EXPECT_EQ(racer.wait(Milliseconds(-1)), success) << racer.errors();
  }
  EXPECT_EQ(counted(tail().position), each * names.size());
  // All events of each racer, in its order.
  std::vector<std::string> expected;
  for (const std::string& name : names) {
    for (const std::string& id : sample_ids(name, each)) expected.push_back(id);
  }
  auto ids = rig_->ids();
  std::stable_sort(ids.begin(), ids.end(),
                   [](const auto& left, const auto& right) { return left[0] < right[0]; });
  EXPECT_EQ(ids, expected);
}

TEST_P(StreamSuite, AKilledAppendIsWholeOrAbsent) {
  if (!rig_->stream().exactly_once()) GTEST_SKIP() << "the stream cannot compare";
  constexpr int kills = 25;
  for (int round = 0; round < kills; ++round) {
    rig::Process child(rig_->child({"persist", "a", "1000000000"}));
    // The kill hits some later append, after more or fewer whole ones.
    ASSERT_TRUE(rig::wait_until([&] {
      const std::string output = child.output();
      return std::count(output.begin(), output.end(), '\n') > round % 5;
    })) << child.errors();
    ASSERT_EQ(child.kill().signal, SIGKILL);
    const Tail found = tail();
    const std::uint64_t count = counted(found.position);
    const auto ids = rig_->ids();
    ASSERT_EQ(ids, sample_ids("a", ids.size()));
    if (!rig_->whole_appends()) {
      // The server may still be storing what it was sent.
      ASSERT_TRUE(rig::wait_until([&] { return counted(tail().position) == rig_->ids().size(); }));
      continue;
    }
    ASSERT_EQ(ids.size(), count);
    if (!rig_->readable()) continue;
    auto last = reader()->read(found.sequence, {.count = 2, .bytes = 1U << 20U}, {}, {});
    ASSERT_TRUE(last);
    ASSERT_EQ(last->size(), 1U) << "the tail is not the relay's last event";
    EXPECT_EQ(batch_rest(last->front().event), 0U) << "a batch was cut short";
  }
  // The next relay can append.
  const std::uint64_t all = rig_->ids().size() + 10;
  fill(all);
  EXPECT_EQ(rig_->ids(), sample_ids("a", all));
}

TEST_P(StreamSuite, RelaysDoNotDisturbEachOther) {
  if (!rig_->shared()) GTEST_SKIP() << "one relay for each stream";
  fill(3, 7, "a");
  const Tail a = tail("a");
  EXPECT_EQ(tail("b"), Tail{});
  fill(4, 2, "b");
  EXPECT_EQ(tail("a"), a);
  const Tail b = tail("b");
  fill(5, 1, "a");
  EXPECT_EQ(tail("b"), b);
  EXPECT_GT(tail("a").sequence, b.sequence);
  const std::vector<std::string> expected{"a:1", "a:2", "a:3", "b:1", "b:2",
                                          "b:3", "b:4", "a:4", "a:5"};
  EXPECT_EQ(rig_->ids(), expected);
}

}  // namespace headwater::testing

#include "testing/contract/stream_suite.h"

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <ostream>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "testing/contract/stream_child.h"
#include "testing/rig/process.h"
#include "testing/rig/retried.h"
#include "testing/rig/waiting.h"

namespace headwater::testing {
namespace {

constexpr rig::Exit success{};

std::vector<std::string> sample_ids(const std::string& relay, std::uint64_t count) {
  std::vector<std::string> ids;
  for (std::uint64_t n = 1; n <= count; ++n) ids.push_back(relay + ":" + std::to_string(n));
  return ids;
}

}  // namespace

std::vector<std::string> StreamRig::ids() {
  std::vector<std::string> ids;
  auto reader = rig::retried([this] { return stream().reader(); });
  if (!reader) return ids;
  std::uint64_t next = 1;
  for (;;) {
    auto found = rig::retried([&] {
      return (*reader)->read(next, {.count = 1000, .bytes = 64U << 20U}, Milliseconds(0), {});
    });
    if (!found || found->empty()) return ids;
    for (const StoredEvent& stored : *found) ids.push_back(stored.event.id);
    next = found->back().sequence + 1;
  }
}

std::unique_ptr<StreamWriter> StreamSuite::writer(const std::string& relay) {
  auto writer = rig::retried([&] { return rig_->stream().writer(relay); });
  EXPECT_TRUE(writer) << writer.error().message;
  return writer ? std::move(*writer) : nullptr;
}

std::unique_ptr<StreamReader> StreamSuite::reader() {
  auto reader = rig::retried([this] { return rig_->stream().reader(); });
  EXPECT_TRUE(reader) << reader.error().message;
  return reader ? std::move(*reader) : nullptr;
}

Tail StreamSuite::tail(const std::string& relay) {
  const auto of = writer(relay);
  auto found = rig::retried([&] { return of->tail(); });
  EXPECT_TRUE(found) << found.error().message;
  return found ? found->tail() : Tail{};
}

Result<Durable> StreamSuite::append_late_behind(const std::vector<Event>& others,
                                                const Position& position) {
  const auto first = writer();
  auto stale = first->append({}, sample_batch("a", 1, 2), count_position(2), sample_source);
  EXPECT_TRUE(stale);
  const auto second = writer();
  EXPECT_TRUE(second->tail());
  EXPECT_TRUE(second->append(stale->tail(), others, position, sample_source));
  return first->append(stale->tail(), sample_batch("a", 3, 10), count_position(12), sample_source);
}

void StreamSuite::fill(std::uint64_t count, std::uint64_t batch, const std::string& relay) {
  const auto into = writer(relay);
  const auto filled = rig::retried([&] {
    std::ostream nowhere(nullptr);
    return append_until(*into, relay, count, batch, nowhere);
  });
  ASSERT_TRUE(filled) << filled.error().message;
}

std::vector<StoredEvent> StreamSuite::read_all() {
  std::vector<StoredEvent> all;
  const auto from = reader();
  std::uint64_t next = 1;
  for (;;) {
    auto found = rig::retried([&] {
      return from->read(next, {.count = 1000, .bytes = 64U << 20U}, Milliseconds(0), {});
    });
    EXPECT_TRUE(found) << found.error().message;
    if (!found || found->empty()) return all;
    next = found->back().sequence + 1;
    std::move(found->begin(), found->end(), std::back_inserter(all));
  }
}

/// So no relay has to learn by an append that fails what a stream does not take.
TEST_P(StreamSuite, TheLargestEventItSpeaksOfIsTaken) {
  constexpr std::size_t worth_trying = 32'000'000;
  const auto made = writer();
  ASSERT_TRUE(made->tail());
  const std::size_t largest = made->largest_event();
  if (largest > worth_trying) return;
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

TEST_P(StreamSuite, AnAppendMovesTailAndEventsTogether) {
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

TEST_P(StreamSuite, AnAppendWithoutEventsMovesThePositionAlone) {
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

TEST_P(StreamSuite, AnEmptyStreamTakesAPositionAlone) {
  auto moved = writer()->append({}, {}, count_position(9), sample_source);
  ASSERT_TRUE(moved) << moved.error().message;
  EXPECT_EQ(tail(), (Tail{.sequence = 0, .position = count_position(9), .source = sample_source}));
  EXPECT_TRUE(rig_->ids().empty());
}

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
  // The stream is empty and a tail is expected.
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

TEST_P(StreamSuite, APositionThatMovedAloneFencesToo) {
  fill(5);
  const Tail stale = tail();
  ASSERT_TRUE(writer()->append(stale, {}, count_position(6), sample_source));
  auto refused = writer()->append(stale, sample_batch("a", 6, 1), count_position(6), sample_source);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().name, "stream.conflict");
  EXPECT_EQ(rig_->ids(), sample_ids("a", 5));
}

TEST_P(StreamSuite, AWriterGoesOnAfterItsConflict) {
  const auto first = writer();
  const auto second = writer();
  auto ours = first->append({}, sample_batch("a", 1, 2), count_position(2), sample_source);
  ASSERT_TRUE(ours);
  ASSERT_FALSE(second->append({}, sample_batch("a", 1, 2), count_position(2), sample_source));
  auto taken_up = second->tail();
  ASSERT_TRUE(taken_up);
  EXPECT_EQ(taken_up->tail(), ours->tail());
  ASSERT_TRUE(
      second->append(taken_up->tail(), sample_batch("a", 3, 2), count_position(4), sample_source));
  ASSERT_FALSE(
      first->append(ours->tail(), sample_batch("a", 3, 2), count_position(4), sample_source));
  EXPECT_EQ(rig_->ids(), sample_ids("a", 4));
}

/// What a relay brings that was asleep while another published some of the same.
TEST_P(StreamSuite, AnAppendThatAnotherHasBegunIsWholeOrAConflict) {
  const auto late = append_late_behind(sample_batch("a", 3, 3), count_position(5));
  EXPECT_EQ(rig_->ids(), sample_ids("a", late ? 12 : 5));
  if (late) {
    EXPECT_EQ(tail(), late->tail());
  } else {
    EXPECT_EQ(late.error().name, "stream.conflict");
  }
}

/// The other came to the same event by another way, such as past a change in the middle of a
/// snapshot. What the first would say of its own is not true behind that.
TEST_P(StreamSuite, AnAppendThatMeetsAnotherOnItsWayIsAConflict) {
  auto otherwise = sample_batch("x", 1, 2);
  otherwise.push_back(sample_event("a", 5));
  for (Event& event : otherwise) event.position.token += " otherwise";
  const auto late = append_late_behind(otherwise, count_position(50));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().name, "stream.conflict");
  EXPECT_EQ(rig_->ids(), (std::vector<std::string>{"a:1", "a:2", "x:1", "x:2", "a:5"}));
  EXPECT_EQ(tail().position, count_position(50));
}

TEST_P(StreamSuite, AWriterThatReadsOfAnothersAppendGoesOnFromThere) {
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

TEST_P(StreamSuite, ThreadsThatRaceWriteEachEventOnce) {
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

TEST_P(StreamSuite, ProcessesThatRaceWriteEachEventOnce) {
  if (!rig_->stream().exactly_once()) GTEST_SKIP() << "the stream cannot compare";
  constexpr std::uint64_t each = 50;
  const std::vector<std::string> names{"w", "x", "y", "z"};
  std::vector<rig::Process> racers;
  for (const std::string& name : names) {
    racers.emplace_back(rig_->child({"race", "a", name, std::to_string(each)}));
  }
  // However long they take.
  for (rig::Process& racer : racers) {
    EXPECT_EQ(racer.wait(Milliseconds(-1)), success) << racer.errors();
  }
  EXPECT_EQ(counted(tail().position), each * names.size());
  // Of each racer all, in its order.
  std::vector<std::string> expected;
  for (const std::string& name : names) {
    for (const std::string& id : sample_ids(name, each)) expected.push_back(id);
  }
  auto ids = rig_->ids();
  std::stable_sort(ids.begin(), ids.end(),
                   [](const auto& left, const auto& right) { return left[0] < right[0]; });
  EXPECT_EQ(ids, expected);
}

TEST_P(StreamSuite, AnAppendKilledHalfWayIsWholeOrAbsent) {
  if (!rig_->stream().exactly_once()) GTEST_SKIP() << "the stream cannot compare";
  constexpr int kills = 25;
  for (int round = 0; round < kills; ++round) {
    rig::Process child(rig_->child({"persist", "a", "1000000000"}));
    // Anywhere in the appends after these, and not always in the same.
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
      // The server may still be taking in what had been sent.
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
  // Nothing in the way of the next relay.
  const std::uint64_t all = rig_->ids().size() + 10;
  fill(all);
  EXPECT_EQ(rig_->ids(), sample_ids("a", all));
}

TEST_P(StreamSuite, TheTailSurvivesReopening) {
  fill(10);
  const Tail before = tail();
  auto again = rig_->another()->writer("a");
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->tail()->tail(), before);
}

TEST_P(StreamSuite, PositionsAreKeptByteForByte) {
  const Position odd{std::string("\0\xff\n\"\\ \xc3\xa9", 8)};
  ASSERT_TRUE(writer()->append({}, sample_batch("a", 1, 1), odd, "s \" \\"));
  EXPECT_EQ(tail().position, odd);
  EXPECT_EQ(tail().source, "s \" \\");
  EXPECT_TRUE(writer()->append(tail(), sample_batch("a", 2, 1), {}, sample_source));
  EXPECT_TRUE(tail().position.empty());
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

TEST_P(StreamSuite, AnObstructedAppendWritesNothingAndTheWriterRecovers) {
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

TEST_P(StreamSuite, AStreamThatWentBackIsFilledAgain) {
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

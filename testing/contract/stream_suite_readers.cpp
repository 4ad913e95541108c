// The part of the suite about readers and consumers.
#include <algorithm>
#include <cstdint>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "src/ports/place.h"
#include "testing/contract/stream_child.h"
#include "testing/contract/stream_suite.h"
#include "testing/rig/process.h"
#include "testing/rig/retried.h"
#include "testing/rig/waiting.h"

namespace headwater::testing {
namespace {

constexpr Milliseconds forever(600'000);  // longer than any test runs
constexpr ReadLimits plenty{.count = 1'000'000, .bytes = std::size_t{1} << 30U};

template <class T>
void expect_stop(const Result<T>& result, const std::string& name) {
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().name, name) << result.error().message;
  EXPECT_EQ(result.error().remedy, Remedy::stop);
  EXPECT_EQ(result.error().origin, Origin::stream);
  EXPECT_FALSE(result.error().next.empty());
}

}  // namespace

TEST_P(StreamSuite, AStreamWithoutReadersReturnsAnError) {
  if (rig_->readable()) GTEST_SKIP() << "it can";
  auto reader = rig_->stream().reader();
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().name, "stream.not_readable");
  EXPECT_EQ(reader.error().remedy, Remedy::stop);
}

TEST_P(StreamReaderSuite, AnEmptyStreamHasAnEmptyRange) {
  const auto range = reader()->range();
  ASSERT_TRUE(range);
  EXPECT_EQ(range->first, range->last + 1);
  EXPECT_TRUE(read_all().empty());
}

TEST_P(StreamReaderSuite, SequencesIncreaseAndTheRangeHasBothEnds) {
  fill(100);
  const auto all = read_all();
  ASSERT_EQ(all.size(), 100U);
  for (std::size_t n = 1; n < all.size(); ++n) EXPECT_LT(all[n - 1].sequence, all[n].sequence);
  const auto range = reader()->range();
  EXPECT_EQ(range->first, all.front().sequence);
  EXPECT_EQ(range->last, all.back().sequence);
  EXPECT_EQ(range->last, tail().sequence);
}

/// A consumer that begins at the earliest event begins where the range does.
TEST_P(StreamReaderSuite, ARangeThatIsReadDuringTheFirstAppendsDoesNotBeginBehindThem) {
  constexpr int rounds = 8;
  for (int round = 0; round < rounds; ++round) {
    if (round > 0) rig_->recreate();
    std::uint64_t latest_first = 0;
    {
      const auto ranges = reader();
      ASSERT_TRUE(ranges->range());
      std::jthread asking([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          const auto range = ranges->range();
          if (range) latest_first = std::max(latest_first, range->first);
        }
      });
      fill(3, 1);
    }
    EXPECT_LE(latest_first, read_all().front().sequence) << "round " << round;
  }
}

TEST_P(StreamReaderSuite, EventsAreReadByteForByte) {
  const std::string odd("\0 \x01\x7f\xff\xc3\xa9\xe6\xb0\xb4 '\"\\\n\r\0", 17);
  std::vector<Event> events(6, sample_event("a", 1));
  for (std::size_t n = 0; n < events.size(); ++n) events[n].id = "id" + std::to_string(n);
  events[1] = Event{};
  events[1].id = "empty";
  events[2] = Event{.id = odd,
                    .source = odd,
                    .type = EventType::parse(odd),
                    .subject = odd,
                    .partition_key = odd,
                    .time = WallTime(Milliseconds(-1)),
                    .data = odd};
  events[3].data = std::string(5'000'000, '\0');
  events[4].time = WallTime(Milliseconds(253'402'300'799'999));
  const std::string source = events[5].source;
  events[5].id = source + ":" + source;
  auto appended = writer()->append({}, events, count_position(6), sample_source);
  ASSERT_TRUE(appended) << appended.error().message;
  const auto all = read_all();
  ASSERT_EQ(all.size(), events.size());
  for (std::size_t n = 0; n < events.size(); ++n) {
    EXPECT_TRUE(all[n].event == events[n]) << "event " << n;
  }
}

TEST_P(StreamReaderSuite, NothingOfEventsThatAreReusedIsLeft) {
  std::vector<Event> events(12, sample_event("a", 1));
  for (std::size_t n = 0; n < events.size(); ++n) {
    events[n].id = "id" + std::to_string(n);
    // Longer and shorter ones in turns, in each place of a batch.
    if (n % 2 == 0) events[n].data = "{\"n\":\"" + std::string(300 - 20 * n, 'x') + "\"}";
    if (n % 3 == 0) events[n].subject = events[n].partition_key = std::string(40, 's');
    if (n % 4 == 0) events[n].type = EventType("shop", std::string("other"), "delete");
  }
  events[7] = Event{};
  events[7].id = "empty";
  auto appended = writer()->append({}, events, count_position(12), sample_source);
  ASSERT_TRUE(appended) << appended.error().message;
  const auto from = reader();
  std::uint64_t next = 1;
  for (std::size_t n = 0; n < events.size();) {
    auto some = from->read(next, {.count = 5, .bytes = 1U << 20U}, rig::patience, {});
    ASSERT_TRUE(some) << some.error().message;
    ASSERT_FALSE(some->empty());
    for (const StoredEvent& stored : *some) {
      ASSERT_LT(n, events.size());
      EXPECT_TRUE(stored.event == events[n]) << "event " << n;
      ++n;
    }
    next = some->back().sequence + 1;
    from->reuse(*std::move(some));
  }
}

TEST_P(StreamReaderSuite, ALargeBatchIsOneAppend) {
  const auto batch = sample_batch("a", 1, 10'000);
  auto appended = writer()->append({}, batch, count_position(10'000), sample_source);
  ASSERT_TRUE(appended) << appended.error().message;
  const auto all = read_all();
  ASSERT_EQ(all.size(), batch.size());
  for (std::size_t n = 0; n < batch.size(); ++n) ASSERT_TRUE(all[n].event == batch[n]) << n;
  EXPECT_EQ(appended->tail().sequence, all.back().sequence);
}

TEST_P(StreamReaderSuite, AReadStaysWithinItsLimits) {
  fill(20);
  const auto from = reader();
  // A read may return fewer events while more arrive.
  std::size_t count = 0;
  EXPECT_TRUE(rig::wait_until([&] {
    count = from->read(1, {.count = 5, .bytes = 1U << 20U}, {}, {})->size();
    return count >= 5;
  }));
  EXPECT_EQ(count, 5U);
  const std::size_t two = footprint(sample_event("a", 1)) + footprint(sample_event("a", 2));
  const auto some = from->read(1, {.count = 20, .bytes = two + 8}, {}, {});
  EXPECT_GE(some->size(), 1U);
  EXPECT_LE(some->size(), 2U);
  // An event larger than the limit is returned alone.
  EXPECT_EQ(from->read(1, {.count = 20, .bytes = 1}, {}, {})->size(), 1U);
}

TEST_P(StreamReaderSuite, ReadersFollowAWriterAndSeeEachEventOnce) {
  constexpr std::uint64_t count = 3000;
  constexpr std::size_t at_once = 3;
  std::vector<std::jthread> followers;
  followers.reserve(at_once);
  while (followers.size() < at_once) {
    followers.emplace_back([this] {
      const auto stream = rig_->another();
      auto from = stream->reader();
      ASSERT_TRUE(from) << from.error().message;
      std::uint64_t next = 1;
      for (std::uint64_t seen = 0; seen < count;) {
        auto found = (*from)->read(next, {.count = 100, .bytes = 1U << 20U}, forever, {});
        ASSERT_TRUE(found) << found.error().message;
        ASSERT_FALSE(found->empty());
        for (const StoredEvent& stored : *found) {
          ASSERT_EQ(stored.event.id, "a:" + std::to_string(++seen));
        }
        next = found->back().sequence + 1;
      }
    });
  }
  rig::Process child(rig_->child({"persist", "a", std::to_string(count)}));
  EXPECT_EQ(child.wait(), rig::Exit{}) << child.errors();
}

TEST_P(StreamReaderSuite, AnAppendWakesAReader) {
  fill(1);
  const auto from = reader();
  ASSERT_EQ(from->read(1, plenty, {}, {})->size(), 1U);
  for (std::uint64_t n = 2; n < 30; ++n) {
    const std::uint64_t next = tail().sequence + 1;
    std::jthread appender([this, n] { fill(n); });
    const auto found = from->read(next, plenty, forever, {});
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->size(), 1U);
    EXPECT_EQ(found->front().event.id, "a:" + std::to_string(n));
  }
}

TEST_P(StreamReaderSuite, AStopWakesAReader) {
  fill(1);
  const auto from = reader();
  std::stop_source source;
  std::jthread stopper([&source] { source.request_stop(); });
  const auto found = from->read(tail().sequence + 1, plenty, forever, source.get_token());
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->empty());
}

TEST_P(StreamReaderSuite, AReadWithoutEventsEndsAfterItsWait) {
  fill(1);
  const auto found = reader()->read(tail().sequence + 1, plenty, Milliseconds(5), {});
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->empty());
}

TEST_P(StreamReaderSuite, AnAcknowledgementNeverMovesBack) {
  fill(10);
  const auto from = reader();
  EXPECT_EQ(*from->acknowledged("billing"), std::nullopt);
  ASSERT_TRUE(from->acknowledge("billing", 0));
  EXPECT_EQ(*from->acknowledged("billing"), 0U);
  ASSERT_TRUE(from->acknowledge("billing", 7));
  ASSERT_TRUE(from->acknowledge("billing", 5));
  ASSERT_TRUE(from->acknowledge("shipping", 2));
  EXPECT_EQ(*from->acknowledged("billing"), 7U);
  EXPECT_EQ(*reader()->acknowledged("billing"), 7U);
  EXPECT_EQ(*reader()->acknowledged("shipping"), 2U);
}

/// A reader that waited there could miss events.
TEST_P(StreamReaderSuite, APlaceAfterTheEndIsRefused) {
  fill(5);
  const std::uint64_t last = tail().sequence;
  const auto from = reader();
  EXPECT_TRUE(from->read(last + 1, plenty, {}, {}));
  expect_stop(from->read(last + 2, plenty, forever, {}), "stream.beyond_end");
  expect_stop(from->acknowledge("billing", last + 1), "stream.beyond_end");
  EXPECT_EQ(*from->acknowledged("billing"), std::nullopt);
}

TEST_P(StreamReaderSuite, APlaceInADeletedStreamIsRefused) {
  fill(10);
  const std::uint64_t last = tail().sequence;
  const auto before = reader();
  ASSERT_TRUE(before->acknowledge("billing", last));
  const auto other = reader();
  ASSERT_TRUE(other->read(1, plenty, {}, {}));
  const std::string life = before->life();
  EXPECT_NE(life, "");
  EXPECT_EQ(other->life(), life);
  rig_->recreate();
  for (const std::uint64_t events : {0U, 30U}) {
    if (events > 0) fill(events);
    // Some streams delete their consumers' places with them.
    auto place = reader()->acknowledged("billing");
    if (!place || *place) expect_stop(place, "stream.recreated");
    expect_stop(rig::retried([&] { return before->read(last + 1, plenty, {}, {}); }),
                "stream.recreated");
    expect_stop(rig::retried([&] { return before->acknowledge("mail", 1); }), "stream.recreated");
  }
  const auto again = reader();
  ASSERT_TRUE(again->forget("billing"));
  ASSERT_TRUE(again->range());
  EXPECT_EQ(before->life(), life);
  EXPECT_TRUE(are_different_lives(again->life(), life)) << again->life();
  EXPECT_EQ(*again->acknowledged("billing"), std::nullopt);
  ASSERT_TRUE(again->acknowledge("billing", 3));
  EXPECT_EQ(*reader()->acknowledged("billing"), 3U);
}

TEST_P(StreamReaderSuite, AConsumerMayAcknowledgeBeforeTheFirstEvent) {
  ASSERT_TRUE(reader()->acknowledge("billing", 0));
  fill(3);
  const auto from = reader();
  ASSERT_EQ(rig::retried([&] { return from->acknowledged("billing"); }).value_or(std::nullopt), 0U);
  ASSERT_TRUE(from->acknowledge("billing", 3));
  EXPECT_EQ(*reader()->acknowledged("billing"), 3U);
}

TEST_P(StreamReaderSuite, AForgottenConsumerStartsAgain) {
  fill(10);
  const auto from = reader();
  ASSERT_TRUE(from->forget("billing"));
  ASSERT_TRUE(from->acknowledge("billing", 7));
  ASSERT_TRUE(from->forget("billing"));
  EXPECT_EQ(*from->acknowledged("billing"), std::nullopt);
  EXPECT_EQ(*reader()->acknowledged("billing"), std::nullopt);
  ASSERT_TRUE(from->acknowledge("billing", 5));
  EXPECT_EQ(*reader()->acknowledged("billing"), 5U);
}

}  // namespace headwater::testing

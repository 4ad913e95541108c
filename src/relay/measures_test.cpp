#include "src/relay/measures.h"

#include <gtest/gtest.h>

#include <chrono>
#include <numeric>

namespace headwater {
namespace {

class SetClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const override { return wall_; }
  [[nodiscard]] SteadyTime steady() const override { return steady_; }
  void pass(Milliseconds span) {
    wall_ += span;
    steady_ += span;
  }

 private:
  WallTime wall_{std::chrono::hours(1'000)};
  SteadyTime steady_{std::chrono::hours(10)};
};

class MeasuresTest : public testing::Test {
 protected:
  [[nodiscard]] RelayProgress progress(RelayState state = RelayState::leading) const {
    RelayProgress progress;
    progress.state = state;
    measures.add_to(progress);
    return progress;
  }
  static std::uint64_t count_of(const Histogram& histogram) {
    const auto& counts = histogram.counts();
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  }

  SetClock clock;
  Measures measures{clock, Milliseconds(30'000)};
};

TEST_F(MeasuresTest, KnowSinceWhenAStateIs) {
  const WallTime begun = clock.wall();
  EXPECT_EQ(progress().state_since, begun);
  clock.pass(Milliseconds(5));
  measures.note_state(RelayState::leading);
  clock.pass(Milliseconds(5));
  measures.note_state(RelayState::leading);
  EXPECT_EQ(progress().state_since, begun + Milliseconds(5));
}

TEST_F(MeasuresTest, ACallIsOverdueOnceItTakesLongerThanItMay) {
  const SteadyTime begun = clock.steady();
  measures.in_call(Measures::Lane::source, Milliseconds(30'000), [&] {
    clock.pass(Milliseconds(30'000));
    EXPECT_EQ(progress().overdue_since, std::nullopt);
    clock.pass(Milliseconds(1));
    EXPECT_EQ(progress().overdue_since, std::optional(begun + Milliseconds(30'000)));
    // The other lane's call has been late for longer.
    measures.in_call(Measures::Lane::stream, Milliseconds(0), [&] {
      clock.pass(Milliseconds(1'000));
      EXPECT_EQ(progress().overdue_since, std::optional(begun + Milliseconds(30'000)));
      return 0;
    });
    return 0;
  });
  EXPECT_EQ(progress().overdue_since, std::nullopt);
}

TEST_F(MeasuresTest, TheTimeUntilALossRunsOutWhileNobodyAsks) {
  EXPECT_EQ(progress().until_loss, UntilLoss());
  measures.note_until_loss({.time = Milliseconds(5'000)});
  clock.pass(Milliseconds(2'000));
  EXPECT_EQ(progress().until_loss, UntilLoss{.time = Milliseconds(3'000)});
  EXPECT_EQ(progress(RelayState::standing_by).until_loss, UntilLoss());
  clock.pass(Milliseconds(60'000));
  EXPECT_EQ(progress().until_loss, UntilLoss{.time = Milliseconds(0)});
  // Bytes stand still meanwhile.
  measures.note_until_loss({.bytes = 4'711});
  clock.pass(Milliseconds(60'000));
  EXPECT_EQ(progress().until_loss, UntilLoss{.bytes = 4'711});
  EXPECT_EQ(progress(RelayState::standing_by).until_loss, UntilLoss());
  measures.note_until_loss({});
  EXPECT_EQ(progress().until_loss, UntilLoss());
}

/// Its room is the number of times it was asked; the second time it cannot tell.
class AskedWriter final : public StreamWriter {
 public:
  Result<Durable> tail(std::stop_token /*stop*/) override { return fail({}); }
  Result<Durable> append(const Tail& /*expected*/, std::span<const Event> /*events*/,
                         const Position& /*position*/, const std::string& /*source*/,
                         std::stop_token /*stop*/) override {
    return fail({});
  }
  Result<bool> maintain() override { return false; }
  Result<StreamRoom> room() override {
    if (++asked == 2) return fail({});
    return StreamRoom{.bytes = asked};
  }
  std::uint64_t asked = 0;
};

TEST_F(MeasuresTest, AsksTheStreamNowAndThen) {
  AskedWriter writer;
  const auto look = [&] { measures.look_for_room(writer); };
  look();
  look();
  EXPECT_EQ(progress().stream_room.bytes, 1U);
  clock.pass(Milliseconds(30'000));
  look();
  EXPECT_EQ(progress().stream_room, StreamRoom{});
  clock.pass(Milliseconds(29'999));
  look();
  EXPECT_EQ(writer.asked, 2U);
  clock.pass(Milliseconds(1));
  look();
  EXPECT_EQ(progress().stream_room.bytes, 3U);
}

TEST_F(MeasuresTest, OnlyALeaderShowsTheStreamsRoom) {
  const StreamRoom room{.history = Milliseconds(7), .bytes = 9};
  measures.note_room(room);
  EXPECT_EQ(progress().stream_room, room);
  EXPECT_EQ(progress(RelayState::standing_by).stream_room, StreamRoom{});
}

TEST_F(MeasuresTest, DelaysCountFromTheCommitAndLeaveOutSnapshots) {
  std::vector<Change> changes(3);
  for (Change& change : changes) change.time = clock.wall() - Milliseconds(40);
  changes[0].op = Op::read;
  measures.note_read(changes);
  std::vector<Event> events(2);
  events[0].type = EventType("shop", std::string("orders"), "read");
  events[1].type = EventType("shop", std::string("orders"), "insert");
  for (Event& event : events) event.time = clock.wall() - Milliseconds(700);
  measures.note_appended(events, std::chrono::microseconds(300));
  const RelayDelays delays = progress().delays;
  EXPECT_EQ(count_of(delays.read), 2U);
  EXPECT_EQ(delays.read.counts()[5], 2U);
  EXPECT_EQ(count_of(delays.publish), 1U);
  EXPECT_EQ(delays.publish.counts()[9], 1U);
  EXPECT_EQ(count_of(delays.append), 1U);
  EXPECT_EQ(delays.append.counts()[0], 1U);
}

}  // namespace
}  // namespace headwater

#include "src/relay/relay.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <latch>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "src/ports/stopped.h"

namespace headwater {
namespace {

Result<void> publish(Change&& change, std::size_t /*limit*/, std::vector<Event>& events) {
  Event event;
  event.id = std::move(change.id);
  event.position = std::move(change.position);
  event.data = std::string(200, 'x');
  events.push_back(std::move(event));
  return {};
}

/// A source in memory: changes 1, 2, 3, … up to the last committed one.
class MemorySource final : public Source {
 public:
  explicit MemorySource(std::uint64_t committed) : committed_(committed) {}

  void commit(std::uint64_t changes) {
    const std::scoped_lock lock(mutex_);
    committed_ += changes;
    changed_.notify_all();
  }
  void set_until_loss(Milliseconds span) { until_loss_.time = span; }
  /// Measures its history in bytes, ten for each change.
  [[nodiscard]] std::optional<SourceLag> lag(const Position& position) const override {
    const std::uint64_t place = std::stoull(position.token);
    return SourceLag{.amount = (furthest_ - place) * 10, .unit = SourceLag::Unit::bytes};
  }
  [[nodiscard]] std::uint64_t released() const { return released_; }
  [[nodiscard]] std::uint64_t furthest() const { return furthest_; }

  [[nodiscard]] std::string identity() const override { return "memory:1"; }
  Result<void> open(const Position& after, std::stop_token /*stop*/) override {
    at_ = after.empty() ? 0 : std::stoull(after.token);
    return {};
  }
  Result<ChangeBatch> read(const ReadLimits& limits, Milliseconds wait,
                           std::stop_token stop) override {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, wait, [this] { return at_ < committed_; });
    ChangeBatch batch;
    while (at_ < committed_ && batch.changes.size() < limits.count && batch.bytes < limits.bytes) {
      Change change;
      change.id = std::to_string(++at_);
      change.position = {change.id};
      const std::size_t size = footprint(change);
      batch.add(std::move(change), size);
    }
    furthest_ = std::max<std::uint64_t>(furthest_, at_);
    batch.position = {std::to_string(at_)};
    batch.current = at_ == committed_;
    return batch;
  }
  Result<UntilLoss> until_loss(const Position& /*position*/) override { return until_loss_; }
  Result<void> release(const Durable& durable) override {
    const std::string& token = durable.tail().position.token;
    released_ = token.empty() ? 0 : std::stoull(token);
    return {};
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t committed_;
  std::uint64_t at_ = 0;
  UntilLoss until_loss_;
  std::atomic<std::uint64_t> released_ = 0;
  std::atomic<std::uint64_t> furthest_ = 0;
};

/// A log in memory, which several writers may share.
class MemoryStream {
 public:
  Result<Durable> tail() {
    const std::scoped_lock lock(mutex_);
    return Durable::confirmed_by_stream(tail_);
  }
  Result<Durable> append(const Tail& expected, std::span<const Event> events,
                         const Position& position, const std::string& source,
                         std::stop_token stop) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, std::move(stop), [this] { return open_; })) {
      return fail(stopped(Origin::stream));
    }
    if (expected != tail_) {
      return fail({.remedy = Remedy::stand_by,
                   .origin = Origin::stream,
                   .name = "stream.conflict",
                   .message = "another tail"});
    }
    for (const Event& event : events) ids_.push_back(std::stoull(event.id));
    tail_ = {ids_.size(), position, source};
    changed_.notify_all();
    return Durable::confirmed_by_stream(tail_);
  }
  /// Appends block while it is shut.
  void shut(bool closed) {
    const std::scoped_lock lock(mutex_);
    open_ = !closed;
    changed_.notify_all();
  }
  void wait_for(std::uint64_t events) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this, events] { return ids_.size() >= events; });
  }
  [[nodiscard]] bool is_whole(std::uint64_t events) {
    const std::scoped_lock lock(mutex_);
    for (std::uint64_t i = 0; i < ids_.size(); ++i) {
      if (ids_[i] != i + 1) return false;
    }
    return ids_.size() == events;
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool open_ = true;
  std::vector<std::uint64_t> ids_;
  Tail tail_;
};

class MemoryWriter final : public StreamWriter {
 public:
  explicit MemoryWriter(MemoryStream& stream) : stream_(&stream) {}
  Result<Durable> tail(std::stop_token /*stop*/) override { return stream_->tail(); }
  Result<Durable> append(const Tail& expected, std::span<const Event> events,
                         const Position& position, const std::string& source,
                         std::stop_token stop) override {
    return stream_->append(expected, events, position, source, std::move(stop));
  }
  Result<bool> maintain() override { return false; }
  Result<StreamRoom> room() override { return StreamRoom{.bytes = 4'711}; }

 private:
  MemoryStream* stream_;
};

/// Counts the steps, and lets a test wait for one.
class Steps final : public RelayObserver {
 public:
  void at(Step step) override {
    const std::scoped_lock lock(mutex_);
    ++seen_[static_cast<std::size_t>(step)];
    changed_.notify_all();
  }
  void wait_for(Step step) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return seen_[static_cast<std::size_t>(step)] > 0; });
  }
  [[nodiscard]] int count(Step step) {
    const std::scoped_lock lock(mutex_);
    return seen_[static_cast<std::size_t>(step)];
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<int, 6> seen_{};
};

class RelayTest : public ::testing::Test {
 protected:
  RelayOptions options{.name = "test"};
  SystemClock clock;
  MemoryStream stream;
  MemoryWriter writer{stream};
  Steps steps;
};

TEST_F(RelayTest, UntilCurrentBringsEverythingOver) {
  options.until_current = true;
  MemorySource source(100'000);
  Relay relay(options, source, writer, publish, clock, steps);
  EXPECT_TRUE(relay.run({}));
  EXPECT_TRUE(stream.is_whole(100'000));
  EXPECT_EQ(source.released(), 100'000U);
  const RelayProgress progress = relay.progress();
  EXPECT_EQ(progress.state, RelayState::ended);
  EXPECT_EQ(progress.events_appended, 100'000U);
  EXPECT_EQ(progress.queue_bytes, 0U);
  EXPECT_EQ(steps.count(Step::before_append), steps.count(Step::acknowledged));
}

TEST_F(RelayTest, FollowsAndStops) {
  MemorySource source(10);
  Relay relay(options, source, writer, publish, clock, steps);
  std::stop_source stop;
  Result<void> result = fail({});
  std::thread running([&] { result = relay.run(stop.get_token()); });
  stream.wait_for(10);
  source.commit(5);
  stream.wait_for(15);
  // Released although nothing more comes.
  steps.wait_for(Step::released);
  stop.request_stop();
  running.join();
  EXPECT_TRUE(result);
  EXPECT_TRUE(stream.is_whole(15));
}

TEST_F(RelayTest, StopsBeforeItBegins) {
  MemorySource source(10);
  Relay relay(options, source, writer, publish, clock, steps);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(relay.run(stop.get_token()));
  EXPECT_TRUE(stream.is_whole(0));
}

TEST_F(RelayTest, HoldsLittleWhileTheStreamHangs) {
  options.read = {100, 100'000};
  options.append = {100, 100'000};
  options.changes_bytes = 200'000;
  options.events_bytes = 200'000;
  stream.shut(true);
  MemorySource source(1'000'000);
  Relay relay(options, source, writer, publish, clock, steps);
  std::stop_source stop;
  std::jthread running([&] { EXPECT_TRUE(relay.run(stop.get_token())); });
  // Full: neither queue can take another read.
  while (relay.progress().queue_bytes < 300'000) std::this_thread::yield();
  EXPECT_LE(relay.progress().queue_bytes, 600'000U);
  EXPECT_LT(source.furthest(), 10'000U);
  stop.request_stop();
  stream.shut(false);
}

TEST_F(RelayTest, StopsAlthoughTheStreamHangs) {
  options.stop_patience = Milliseconds(1);
  stream.shut(true);
  MemorySource source(10);
  Relay relay(options, source, writer, publish, clock, steps);
  std::stop_source stop;
  std::jthread running([&] { EXPECT_TRUE(relay.run(stop.get_token())); });
  steps.wait_for(Step::before_append);
  stop.request_stop();
}

/// Answers only when it is asked to stop.
class ShySource final : public Source {
 public:
  [[nodiscard]] std::string identity() const override { return "memory:1"; }
  Result<void> open(const Position& /*after*/, std::stop_token stop) override {
    opening.count_down();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, std::move(stop), [] { return false; });
    return fail(stopped(Origin::source));
  }
  Result<ChangeBatch> read(const ReadLimits& /*limits*/, Milliseconds /*wait*/,
                           std::stop_token /*stop*/) override {
    return ChangeBatch();
  }
  Result<void> release(const Durable& /*durable*/) override { return {}; }

  std::latch opening{1};

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
};

TEST_F(RelayTest, StopsAlthoughTheSourceDoesNotOpen) {
  ShySource source;
  Relay relay(options, source, writer, publish, clock, steps);
  std::stop_source stop;
  std::jthread running([&] { EXPECT_TRUE(relay.run(stop.get_token())); });
  source.opening.wait();
  stop.request_stop();
}

TEST_F(RelayTest, EndsWithTheErrorOfAChangeThatCannotBeShaped) {
  MemorySource source(2'000);
  Relay relay(
      options, source, writer,
      [](Change&& change, std::size_t limit, std::vector<Event>& events) -> Result<void> {
        if (change.id != "1500") return publish(std::move(change), limit, events);
        return fail({.remedy = Remedy::stop, .origin = Origin::source, .name = "change.bad"});
      },
      clock, steps);
  auto result = relay.run({});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().name, "change.bad");
  EXPECT_TRUE(stream.is_whole(1'499));
}

/// An idle relay asks how long its source keeps what is not read yet, and shows a call that hangs.
TEST_F(RelayTest, ShowsWhatItsCallsDo) {
  options.loss_interval = Milliseconds(0);
  options.position_interval = Milliseconds(1);
  MemorySource source(10);
  source.set_until_loss(std::chrono::hours(5));
  Relay relay(options, source, writer, publish, clock, steps);
  std::stop_source stop;
  std::jthread running([&] { EXPECT_TRUE(relay.run(stop.get_token())); });
  stream.wait_for(10);
  const auto shows = [&](auto what) {
    while (!what(relay.progress())) std::this_thread::yield();
  };
  shows([](const RelayProgress& now) { return now.until_loss.time > Milliseconds(1'000); });
  shows([](const RelayProgress& now) { return now.stream_room.bytes == 4'711U; });
  shows([](const RelayProgress& now) { return now.source_lag && now.source_lag->amount == 0; });
  EXPECT_EQ(relay.progress().overdue_since, std::nullopt);
  stream.shut(true);
  source.commit(1);
  shows([](const RelayProgress& now) { return now.overdue_since && now.waiting_since; });
  EXPECT_EQ(relay.progress().source_lag,
            std::optional(SourceLag{.amount = 10, .unit = SourceLag::Unit::bytes}));
  stream.shut(false);
  stream.wait_for(11);
  shows([](const RelayProgress& now) { return !now.overdue_since && !now.waiting_since; });
  stop.request_stop();
}

TEST_F(RelayTest, FourAtOnceAppendEachChangeOnce) {
  options.takeover_after = Milliseconds(50);
  std::vector<std::unique_ptr<MemorySource>> sources;
  std::vector<std::unique_ptr<Relay>> relays;
  for (std::uint64_t i = 0; i < 4; ++i) {
    options.seed = i;
    sources.push_back(std::make_unique<MemorySource>(5'000));
    relays.push_back(
        std::make_unique<Relay>(options, *sources.back(), writer, publish, clock, steps));
  }
  std::stop_source stop;
  {
    std::vector<std::jthread> running;
    running.reserve(relays.size());
    for (auto& relay : relays) {
      running.emplace_back([&] { EXPECT_TRUE(relay->run(stop.get_token())); });
    }
    stream.wait_for(5'000);
    for (auto& source : sources) source->commit(5'000);
    stream.wait_for(10'000);
    stop.request_stop();
  }
  EXPECT_TRUE(stream.is_whole(10'000));
}

}  // namespace
}  // namespace headwater

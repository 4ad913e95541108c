// A stream with events, and handlers that remember what they were given, for tests.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "src/consumer/consumer.h"
#include "src/consumer/dead_letters.h"
#include "src/streams/embedded/embedded.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::consumer {

/// Event `number` of an imagined shop; rows repeat after `rows` events.
[[nodiscard]] inline Event shop_event(std::uint64_t number, std::uint64_t rows) {
  const std::string row = std::to_string(number % rows);
  return {.id = "shop:" + std::to_string(number),
          .source = "sqlite:shop",
          .type = EventType("shop", std::string("orders"), "update"),
          .subject = row,
          .partition_key = "orders/" + row,
          .time = WallTime(Milliseconds(1'000'000 * static_cast<std::int64_t>(number))),
          .data = R"({"op":"update","key":{"id":)" + row + R"(},"after":{"n":1.0}})"};
}

/// A folder with an embedded stream of events and one of dead letters.
class ShopTest : public ::testing::Test {
 protected:
  ShopTest() { EXPECT_TRUE(stream_->prepare("shop")); }

  void publish(std::uint64_t count, std::uint64_t rows = 10) {
    auto writer = stream_->writer("shop");
    ASSERT_TRUE(writer) << writer.error().message;
    std::vector<Event> events;
    for (std::uint64_t i = 0; i < count; ++i) events.push_back(shop_event(++published_, rows));
    auto tail = (*writer)->tail();
    ASSERT_TRUE(tail);
    auto done =
        (*writer)->append(tail->tail(), events, {std::to_string(published_)}, "sqlite:shop");
    ASSERT_TRUE(done) << done.error().message;
  }

  [[nodiscard]] std::uint64_t place(const std::string& consumer = "mail") const {
    return (*stream_->reader())->acknowledged(consumer).value().value_or(0);
  }

  [[nodiscard]] Letters letters(const std::string& consumer = "mail") const {
    return *read_letters(**dead_->reader(), consumer, {});
  }

  /// Quick pauses.
  [[nodiscard]] static Options options(OnFailure on_failure = OnFailure::retry) {
    return {.name = "mail",
            .on_failure = on_failure,
            .attempts = 3,
            .first_pause = Milliseconds(1),
            .longest_pause = Milliseconds(4)};
  }

  rig::TemporaryFolder folder_;
  SystemClock clock_;
  std::unique_ptr<StreamAdapter> stream_ =
      embedded::make_stream({.path = folder_ / "events.db"}, clock_);
  std::unique_ptr<StreamAdapter> dead_ =
      embedded::make_stream({.path = folder_ / "dead.db"}, clock_);
  std::uint64_t published_ = 0;
};

/// What all workers were given and have handled, in this order.
class Record {
 public:
  void add(unsigned worker, std::uint64_t sequence, const std::string& key) {
    const std::lock_guard lock(mutex_);
    handled_.push_back(sequence);
    by_key_[key].push_back(sequence);
    workers_[key].push_back(worker);
  }
  [[nodiscard]] std::vector<std::uint64_t> handled() const {
    const std::lock_guard lock(mutex_);
    return handled_;
  }
  /// One call with this event alone, which may have failed.
  void tried_alone(std::uint64_t sequence) {
    const std::lock_guard lock(mutex_);
    ++tried_alone_[sequence];
  }
  [[nodiscard]] const auto& tries_alone() const { return tried_alone_; }
  [[nodiscard]] const auto& by_key() const { return by_key_; }
  [[nodiscard]] const auto& workers() const { return workers_; }

 private:
  mutable std::mutex mutex_;
  std::vector<std::uint64_t> handled_;
  std::map<std::string, std::vector<std::uint64_t>> by_key_;
  std::map<std::string, std::vector<unsigned>> workers_;
  std::map<std::uint64_t, int> tried_alone_;
};

/// Handles all or nothing. `fails` returns an error for an event that cannot be handled.
class Recorder final : public Handler {
 public:
  using Fails = std::function<std::optional<Error>(const StoredEvent&)>;
  explicit Recorder(Record& record, Fails fails = {}) : record_(record), fails_(std::move(fails)) {}

  Handled handle(const std::shared_ptr<const Events>& events, const EventDone&,
                 std::stop_token) override {
    if (events->events.size() == 1) record_.tried_alone(events->events.front().sequence);
    for (const StoredEvent& stored : events->events) {
      if (!fails_) continue;
      if (auto error = fails_(stored)) {
        return Handled::nothing(events->events.size(), *std::move(error));
      }
    }
    for (const StoredEvent& stored : events->events) {
      record_.add(events->worker, stored.sequence, stored.event.partition_key);
    }
    return {};
  }

 private:
  Record& record_;
  Fails fails_;
};

/// Consumes with handlers that handle all, except what `fails`.
class ConsumerTest : public ShopTest {
 protected:
  /// Runs to the end of the stream.
  Result<void> consume(const Options& options, Record& record, const Recorder::Fails& fails = {}) {
    Consumer consumer(*stream_, dead_.get(), options, clock_);
    if (auto opened = consumer.open(); !opened) return opened;
    auto ended =
        consumer.run([&](unsigned) { return std::make_unique<Recorder>(record, fails); }, {}, true);
    progress_ = consumer.progress();
    return ended;
  }

  Progress progress_;
};

/// Passes every call on to another stream. A test derives from it what differs.
class PassedStream : public StreamAdapter {
 public:
  explicit PassedStream(StreamAdapter& inner) : inner_(inner) {}
  [[nodiscard]] std::string describe() const override { return inner_.describe(); }
  [[nodiscard]] bool exactly_once() const override { return inner_.exactly_once(); }
  [[nodiscard]] bool takes_several_relays() const override { return inner_.takes_several_relays(); }
  Result<Report> prepare(const std::string& relay) override { return inner_.prepare(relay); }
  Result<Report> remove(const std::string& relay) override { return inner_.remove(relay); }
  Report check(const std::string& relay) override { return inner_.check(relay); }
  Result<std::unique_ptr<StreamWriter>> writer(const std::string& relay) override {
    return inner_.writer(relay);
  }
  Result<std::unique_ptr<StreamReader>> reader() override { return inner_.reader(); }

 private:
  StreamAdapter& inner_;
};

[[nodiscard]] inline std::vector<std::uint64_t> numbers(std::uint64_t first, std::uint64_t last) {
  std::vector<std::uint64_t> all;
  for (std::uint64_t i = first; i <= last; ++i) all.push_back(i);
  return all;
}

[[nodiscard]] inline Error not_yet() {
  return {.remedy = Remedy::retry, .name = "test.not_yet", .message = "the moon is wrong"};
}
[[nodiscard]] inline Error never() {
  return {.remedy = Remedy::stop, .name = "test.never", .message = "no such customer"};
}

}  // namespace headwater::consumer

#include "src/consumer/consumer.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "src/consumer/testing.h"

namespace headwater::consumer {
namespace {

using ::testing::HasSubstr;

TEST_F(ConsumerTest, HandsOverEverythingOnceAndInOrder) {
  publish(1'234);
  Record record;
  ASSERT_TRUE(consume(options(), record));
  EXPECT_EQ(record.handled(), numbers(1, 1'234));
  EXPECT_EQ(place(), 1'234U);
  publish(66);
  ASSERT_TRUE(consume(options(), record));
  EXPECT_EQ(record.handled(), numbers(1, 1'300));
}

TEST_F(ConsumerTest, ABatchIsBoundedInEventsAndBytes) {
  publish(100);
  struct Sizes final : Handler {
    explicit Sizes(std::vector<std::size_t>& sizes) : sizes_(sizes) {}
    Handled handle(const std::shared_ptr<const Events>& events, const EventDone&,
                   std::stop_token) override {
      sizes_.push_back(events->events.size());
      return {};
    }
    std::vector<std::size_t>& sizes_;
  };
  for (const ReadLimits limits : {ReadLimits{.count = 7, .bytes = std::size_t{1} << 20U},
                                  ReadLimits{.count = 100, .bytes = 1}}) {
    Options bounded = options();
    bounded.name = "c" + std::to_string(limits.count);
    bounded.limits = limits;
    std::vector<std::size_t> sizes;
    Consumer consumer(*stream_, nullptr, bounded, clock_);
    ASSERT_TRUE(consumer.open());
    ASSERT_TRUE(consumer.run([&](unsigned) { return std::make_unique<Sizes>(sizes); }, {}, true));
    EXPECT_LE(*std::ranges::max_element(sizes), limits.bytes == 1 ? 1U : 7U);
  }
}

TEST_F(ConsumerTest, EventsOfOneKeyStayInOrderAndWithOneWorker) {
  publish(2'000, 37);
  Options several = options();
  several.workers = 5;
  several.limits.count = 3;
  Record record;
  // Some fail now and then, so that workers are at different places.
  std::atomic<int> calls = 0;
  ASSERT_TRUE(consume(several, record, [&](const StoredEvent&) -> std::optional<Error> {
    if (++calls % 11 == 0) return not_yet();
    return std::nullopt;
  }));
  ASSERT_EQ(record.handled().size(), 2'000U);
  for (const auto& [key, sequences] : record.by_key()) {
    EXPECT_TRUE(std::ranges::is_sorted(sequences)) << key;
    const auto& workers = record.workers().at(key);
    EXPECT_EQ(std::ranges::count(workers, workers.front()),
              static_cast<std::ptrdiff_t>(workers.size()));
  }
  EXPECT_EQ(place(), 2'000U);
}

TEST_F(ConsumerTest, WithRetryAnEventIsTriedUntilItSucceeds) {
  publish(20);
  std::atomic<int> failures = 0;
  Record record;
  ASSERT_TRUE(consume(options(), record, [&](const StoredEvent& stored) -> std::optional<Error> {
    // Even an error that says that trying again does not help.
    if (stored.sequence == 7 && ++failures < 10) return never();
    return std::nullopt;
  }));
  EXPECT_EQ(record.handled(), numbers(1, 20));
  EXPECT_EQ(progress_.failed, 9U);
  EXPECT_GE(progress_.retries.at("test.never"), 9U);
  EXPECT_EQ(progress_.trouble_since, std::nullopt) << "it went on";
}

TEST_F(ConsumerTest, OnlyTheEventThatCannotBeHandledIsADeadLetter) {
  publish(20);
  Record record;
  ASSERT_TRUE(consume(options(OnFailure::dead_letter), record,
                      [&](const StoredEvent& stored) -> std::optional<Error> {
                        if (stored.sequence == 7) return never();
                        if (stored.sequence == 9) return not_yet();
                        return std::nullopt;
                      }));
  std::vector<std::uint64_t> expected = numbers(1, 20);
  std::erase_if(expected, [](std::uint64_t n) { return n == 7 || n == 9; });
  EXPECT_EQ(record.handled(), expected);
  EXPECT_EQ(place(), 20U);
  EXPECT_EQ(progress_.causes, (Counts{{"test.never", 1}, {"test.not_yet", 1}}));
  const Letters left = letters();
  ASSERT_EQ(left.open().size(), 2U);
  const Letter& first = left.open().begin()->second;
  EXPECT_EQ(first.sequence, 7U);
  EXPECT_EQ(first.id, "shop:7");
  EXPECT_EQ(first.cause_name, "test.never");
  EXPECT_EQ(first.cause, "no such customer");
  EXPECT_EQ(first.attempts, 1U);
  EXPECT_EQ(left.open().rbegin()->second.attempts, 3U);
  // Whether it was in a batch before depends on what was there when a worker looked.
  EXPECT_EQ(record.tries_alone().at(9), 3);
  // The event is as it was, with its numbers as they were written.
  auto record7 = read_letter(**dead_->reader(), first.number, {});
  ASSERT_TRUE(record7);
  EXPECT_EQ(record7->event->event, shop_event(7, 10));
}

/// A handler may invent names; what counts them must not grow with that.
TEST_F(ConsumerTest, ManyNamesAreCountedTogether) {
  publish(200);
  Record record;
  ASSERT_TRUE(consume(options(OnFailure::dead_letter), record,
                      [&](const StoredEvent& stored) -> std::optional<Error> {
                        Error error = never();
                        error.name += std::to_string(stored.sequence);
                        return error;
                      }));
  EXPECT_EQ(progress_.dead_letters, 200U);
  EXPECT_EQ(progress_.causes.size(), most_names_counted + 1);
  EXPECT_EQ(progress_.causes.at("other"), 200U - most_names_counted);
}

TEST_F(ConsumerTest, SaysSinceWhenNothingSucceeds) {
  publish(1);
  std::stop_source stop;
  Record record;
  Consumer consumer(*stream_, nullptr, options(), clock_);
  ASSERT_TRUE(consumer.open());
  std::optional<SteadyTime> since;
  int calls = 0;
  auto ended = consumer.run(
      [&](unsigned) {
        return std::make_unique<Recorder>(record, [&](const StoredEvent&) {
          const Progress now = consumer.progress();
          if (calls == 1) since = now.trouble_since;
          // The first failure counts, not the last.
          EXPECT_EQ(now.trouble_since, since);
          EXPECT_EQ(now.trouble, calls == 0 ? "" : "test.not_yet");
          if (++calls == 4) stop.request_stop();
          return std::optional(not_yet());
        });
      },
      stop.get_token(), false);
  EXPECT_TRUE(ended);
  EXPECT_TRUE(since);
}

TEST_F(ConsumerTest, WithStopItEndsAtTheEventAndBeginsThereAgain) {
  publish(20);
  Record record;
  const auto seventh_fails = [](const StoredEvent& stored) -> std::optional<Error> {
    if (stored.sequence == 7) return not_yet();
    return std::nullopt;
  };
  auto ended = consume(options(OnFailure::stop), record, seventh_fails);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().name, "consumer.event_not_handled");
  EXPECT_THAT(ended.error().message,
              HasSubstr("event 7 (shop.orders.update 7) was not handled in 3 "
                        "attempts: the moon is wrong"));
  EXPECT_EQ(place(), 6U);
  ASSERT_TRUE(consume(options(OnFailure::stop), record));
  EXPECT_EQ(record.handled(), numbers(1, 20));
}

TEST_F(ConsumerTest, ABrokenHandlerMakesNoDeadLetters) {
  publish(3);
  struct Broken final : Handler {
    explicit Broken(std::atomic<int>& calls) : calls_(calls) {}
    Handled handle(const std::shared_ptr<const Events>& events, const EventDone&,
                   std::stop_token) override {
      if (++calls_ > 20) return {};
      Handled handled = Handled::nothing(events->events.size(), not_yet());
      handled.blameless = true;
      return handled;
    }
    std::atomic<int>& calls_;
  };
  std::atomic<int> calls = 0;
  Consumer consumer(*stream_, dead_.get(), options(OnFailure::dead_letter), clock_);
  ASSERT_TRUE(consumer.open());
  ASSERT_TRUE(consumer.run([&](unsigned) { return std::make_unique<Broken>(calls); }, {}, true));
  const Letters none = letters();
  EXPECT_TRUE(none.open().empty());
  EXPECT_EQ(place(), 3U);
}

TEST_F(ConsumerTest, AStopDoesNotWaitForTheNextAttempt) {
  publish(5);
  Options slow = options();
  slow.first_pause = Milliseconds(3'600'000);
  slow.longest_pause = slow.first_pause;
  std::stop_source stop;
  Record record;
  Consumer consumer(*stream_, nullptr, slow, clock_, [&](const Note& note) {
    if (note.pause.count() > 0) stop.request_stop();
  });
  ASSERT_TRUE(consumer.open());
  auto ended = consumer.run(
      [&](unsigned) {
        return std::make_unique<Recorder>(record, [](const StoredEvent& stored) {
          return stored.sequence == 3 ? std::optional(not_yet()) : std::nullopt;
        });
      },
      stop.get_token(), false);
  EXPECT_TRUE(ended);
  EXPECT_EQ(place(), 2U);
}

TEST_F(ConsumerTest, FollowsNewEventsUntilItIsStopped) {
  publish(5);
  std::stop_source stop;
  Record record;
  Consumer consumer(*stream_, nullptr, options(), clock_);
  ASSERT_TRUE(consumer.open());
  std::thread publishing([&] { publish(5); });
  auto ended = consumer.run(
      [&](unsigned) {
        return std::make_unique<Recorder>(record, [&](const StoredEvent& stored) {
          if (stored.sequence == 10) stop.request_stop();
          return std::optional<Error>();
        });
      },
      stop.get_token(), false);
  publishing.join();
  EXPECT_TRUE(ended);
  EXPECT_EQ(record.handled(), numbers(1, 10));
  EXPECT_EQ(place(), 10U);
}

TEST_F(ConsumerTest, DeadLettersNeedAStream) {
  publish(1);
  Consumer consumer(*stream_, nullptr, options(OnFailure::dead_letter), clock_);
  auto opened = consumer.open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().name, "consumer.no_dead_letters");
}

}  // namespace
}  // namespace headwater::consumer

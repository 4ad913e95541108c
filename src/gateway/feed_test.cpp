#include "src/gateway/feed.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <vector>

#include "src/gateway/testing.h"

namespace headwater::gateway {
namespace {

/// A stream whose every open() hangs until release(), and then fails.
class HangingStream : public testing::Test {
 protected:
  void TearDown() override { release(); }

  void release() {
    if (!released_) gate_.set_value();
    released_ = true;
  }
  Asked<int> ask(std::function<Result<int>(StreamReader&, std::stop_token)> question) {
    return feed.ask<int>({}, std::move(question));
  }

  std::atomic<int> opens{0};
  std::atomic<int> changes{0};

 private:
  std::promise<void> gate_;
  std::shared_future<void> opened_{gate_.get_future()};
  bool released_ = false;

 protected:
  Feed feed{{.relay = "orders",
             .open = [this]() -> Result<std::unique_ptr<StreamReader>> {
               ++opens;
               opened_.wait();
               return fail({.remedy = Remedy::retry, .name = "stream.unavailable"});
             },
             .changed =
                 [this] {
                   ++changes;
                   changes.notify_all();
                 },
             .note_error = [](const Error&) {}}};
};

TEST_F(HangingStream, QuestionsOfThoseWhoLeftAreForgotten) {
  const auto token = std::make_shared<int>(1);
  const auto stays = ask([](StreamReader&, const std::stop_token&) { return 1; });
  for (int i = 0; i < 1'000; ++i) {
    ask([token](StreamReader&, const std::stop_token&) { return *token; });
  }
  EXPECT_LT(token.use_count(), 200);
}

TEST_F(HangingStream, OneFailureAnswersAllWhoWaited) {
  std::vector<Asked<int>> all;
  all.reserve(50);
  for (int i = 0; i < 50; ++i) {
    all.push_back(ask([](StreamReader&, const std::stop_token&) { return 1; }));
  }
  release();
  for (Asked<int>& each : all) {
    for (;;) {
      const int before = changes;
      const auto answer = each.take();
      if (answer) {
        EXPECT_EQ(answer->error().name, "stream.unavailable");
        break;
      }
      changes.wait(before);
    }
  }
  // Each of the two threads tries when it starts, and then for one question.
  EXPECT_LE(opens, 4);
}

/// Whose answer is what a number stands for must not hang on which thread gives it.
TEST(FeedTest, AThreadThatOpensLateDoesNotAnswerFromAnotherStream) {
  FakeStream orders;
  orders.append(3);
  std::atomic<int> changes = 0;
  Feed feed({.relay = "orders",
             .open = [&] { return orders.open(); },
             .changed =
                 [&] {
                   ++changes;
                   changes.notify_all();
                 },
             .note_error = [](const Error&) {}});
  const auto answer = [&](auto asked) {
    for (;;) {
      const int before = changes;
      if (auto taken = asked.take()) return *std::move(taken);
      changes.wait(before);
    }
  };
  // The first thread knows the stream, and then has other work.
  std::promise<void> busy;
  std::promise<void> done;
  const auto last = [](StreamReader& reader, const std::stop_token&) -> Result<std::uint64_t> {
    auto range = reader.range();
    if (!range) return failed(range);
    return range->last;
  };
  EXPECT_EQ(*answer(feed.ask<std::uint64_t>({}, last)), 3U);
  const auto held = feed.ask<int>({}, [&](StreamReader&, const std::stop_token&) {
    busy.set_value();
    done.get_future().wait();
    return 1;
  });
  busy.get_future().wait();
  orders.recreate();
  orders.append(30);
  const auto refused = answer(feed.ask<std::uint64_t>({.to_stream = true}, last));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().name, "stream.recreated");
  // Whoever comes without a number gets what is there, and so does whoever knows it by now.
  EXPECT_EQ(*answer(feed.ask<std::uint64_t>({}, last)), 30U);
  EXPECT_EQ(*answer(feed.ask<std::uint64_t>({.to_stream = true}, last)), 30U);
  done.set_value();
}

}  // namespace
}  // namespace headwater::gateway

#include <gtest/gtest.h>
#include <headwater/stream.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "src/base/clock.h"
#include "src/streams/embedded/embedded.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::client {
namespace {

constexpr std::chrono::milliseconds patience(10'000);

std::string data_of(std::uint64_t number) {
  return R"({"op":"insert","after":{"n":)" + std::to_string(number) + R"(,"note":")" +
         std::string(number * 37 % 500, static_cast<char>('a' + number % 26)) + "\"}}";
}

class ReaderTest : public ::testing::Test {
 protected:
  static constexpr std::uint64_t count = 1'000;

  ReaderTest() {
    const SystemClock clock;
    const auto adapter = embedded::make_stream({.path = path_}, clock);
    EXPECT_TRUE(adapter->prepare("a"));
    auto writer = adapter->writer("a");
    std::vector<headwater::Event> events;
    for (std::uint64_t number = 1; number <= count; ++number) {
      events.push_back({.id = "id" + std::to_string(number),
                        .source = "sqlite:shop",
                        .type = EventType("shop", std::string("orders"), "insert"),
                        .subject = std::to_string(number),
                        .partition_key = "orders/" + std::to_string(number),
                        .time = WallTime(Milliseconds(1'000 * static_cast<std::int64_t>(number))),
                        .data = data_of(number)});
    }
    EXPECT_TRUE((*writer)->append({}, events, {"end"}, "sqlite:shop"));
  }

  [[nodiscard]] Reader reader(const Start& start) const {
    auto stream = Stream::open({.kind = "embedded", .options = {{"path", path_}}});
    EXPECT_TRUE(stream);
    auto reader = stream->reader(start);
    EXPECT_TRUE(reader);
    return *std::move(reader);
  }

  static void expect_whole(const Batch& batch) {
    for (const Event event : batch) {
      ASSERT_EQ(event.id(), "id" + std::to_string(event.sequence()));
      ASSERT_EQ(event.data(), data_of(event.sequence()));
      ASSERT_EQ(event.source(), "sqlite:shop");
      ASSERT_EQ(event.type(), "shop.orders.insert");
    }
  }

 private:
  rig::TemporaryFolder folder_;
  std::string path_ = folder_ / "events.db";
};

TEST_F(ReaderTest, BeginsWhereItIsTold) {
  const auto first_of = [&](const Start& start) {
    auto batch = reader(start).read({.events = 1}, patience);
    EXPECT_TRUE(batch);
    return batch->empty() ? 0 : (*batch)[0].sequence();
  };
  EXPECT_EQ(first_of(Start::earliest()), 1U);
  EXPECT_EQ(first_of(Start::at_sequence(700)), 700U);
  EXPECT_EQ(first_of(Start::at_time(Time(std::chrono::seconds(300)))), 300U);
  auto none = reader(Start::latest()).read({}, std::chrono::milliseconds(0));
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
}

TEST_F(ReaderTest, ABatchThatIsKeptStaysAsItIs) {
  Reader from = reader(Start::earliest());
  std::vector<Batch> kept;
  for (std::uint64_t seen = 0; seen < count;) {
    auto batch = from.read({.events = 30}, patience);
    ASSERT_TRUE(batch) << batch.error().message;
    seen += batch->size();
    if (seen % 2 == 0) kept.push_back(*batch);
  }
  EXPECT_FALSE(kept.empty());
  for (const Batch& batch : kept) expect_whole(batch);
  EXPECT_EQ(from.place(), count);
}

TEST_F(ReaderTest, BatchesMayEndOnAnotherThreadAndAfterTheirReader) {
  std::mutex mutex;
  std::condition_variable_any arrived;
  std::deque<Batch> queue;
  std::uint64_t checked = 0;
  {
    Reader from = reader(Start::earliest());
    std::jthread handling([&](const std::stop_token& stop) {
      while (checked < count) {
        std::unique_lock lock(mutex);
        if (!arrived.wait(lock, stop, [&] { return !queue.empty(); })) return;
        const Batch batch = std::move(queue.front());
        queue.pop_front();
        lock.unlock();
        expect_whole(batch);
        checked += batch.size();
      }
    });
    for (std::uint64_t seen = 0; seen < count;) {
      auto batch = from.read({.events = 7}, patience);
      ASSERT_TRUE(batch) << batch.error().message;
      seen += batch->size();
      const std::lock_guard lock(mutex);
      queue.push_back(*std::move(batch));
      arrived.notify_one();
    }
    handling.join();
    auto last = reader(Start::at_sequence(count)).read({}, patience);
    ASSERT_TRUE(last);
    queue.push_back(*std::move(last));
  }
  EXPECT_EQ(checked, count);
  expect_whole(queue.front());
}

}  // namespace
}  // namespace headwater::client

// What is kept beside a stream: the copy of its tail, and what consumers have acknowledged.
#include <nats/nats.h>

#include <future>
#include <string>

#include "src/streams/nats/test_stream.h"

namespace headwater::nats {
namespace {

TEST_F(NatsTest, RetentionThatTakesAllLeavesTheTail) {
  fill(5);
  auto made = writer();
  const Tail before = made->tail()->tail();
  ASSERT_TRUE(made->maintain());
  server_.purge("EVENTS");
  EXPECT_EQ(writer()->tail()->tail(), before);
  fill(2);
  EXPECT_EQ(ids_at(server_), (std::vector<std::string>{"a:6", "a:7"}));
  const auto range = (*stream()->reader())->range();
  EXPECT_EQ(range->first, 6U);
  EXPECT_EQ(range->last, 7U);
}

/// When a relay stops, nothing may come for long.
TEST_F(NatsTest, AWriterThatEndsLeavesTheTail) {
  fill(5);
  server_.purge("EVENTS");
  const auto tail = writer()->tail();
  ASSERT_TRUE(tail) << tail.error().message;
  EXPECT_EQ(testing::counted(tail->tail().position), 5U);
}

/// One that hung before it made its copy has nothing to say against its successor's.
TEST_F(NatsTest, AnOlderCopyDoesNotReplaceANewerOne) {
  fill(5);
  auto hung = writer();
  ASSERT_TRUE(hung->tail());
  auto other = writer();
  ASSERT_TRUE(append(*other, 2));
  ASSERT_TRUE(other->tail());
  ASSERT_TRUE(other->maintain());
  ASSERT_TRUE(hung->maintain());
  server_.purge("EVENTS");
  const auto tail = other->tail();
  ASSERT_TRUE(tail) << tail.error().message;
  EXPECT_EQ(testing::counted(tail->tail().position), 7U);
}

/// A copy of an older end does not count.
TEST_F(NatsTest, ALostTailIsNamed) {
  fill(5);
  auto made = writer();
  ASSERT_TRUE(made->tail());
  ASSERT_TRUE(made->maintain());
  ASSERT_TRUE(append(*made, 2));
  server_.purge("EVENTS");
  auto tail = made->tail();
  ASSERT_FALSE(tail);
  expect_stop(tail.error(), "stream.tail_lost");
  EXPECT_EQ((*stream()->reader())->range()->last, 7U);
  // As it says to mend it.
  EXPECT_NE(tail.error().next.find("init -c FILE --remove"), std::string::npos);
  auto removed = stream()->remove("a");
  ASSERT_TRUE(removed) << removed.error().message;
  ASSERT_TRUE(stream()->prepare("a"));
  EXPECT_EQ(made->tail()->tail(), Tail{});
  ASSERT_TRUE(set_position(*made, 7));
  ASSERT_TRUE(append(*made, 1));
  EXPECT_EQ(ids_at(server_), std::vector<std::string>{"a:8"});
}

/// A copy of an earlier stream does not count either, even if both end at the same place.
TEST_F(NatsTest, ACopyOfAnEarlierStreamDoesNotCount) {
  fill(5);
  auto made = writer();
  ASSERT_TRUE(made->tail());
  ASSERT_TRUE(made->maintain());
  server_.remove("EVENTS");
  ASSERT_TRUE(stream()->prepare("a"));
  const auto next = writer();
  ASSERT_TRUE(append(*next, 5));
  EXPECT_EQ((*stream()->reader())->range()->last, 5U);
  server_.purge("EVENTS");
  auto tail = next->tail();
  ASSERT_FALSE(tail);
  expect_stop(tail.error(), "stream.tail_lost");
}

/// What a consumer has acknowledged survives the server.
TEST_F(NatsTest, AcknowledgementsAreKept) {
  fill(5);
  auto reader = *stream()->reader();
  EXPECT_EQ(*reader->acknowledged("billing 1.a"), std::nullopt);
  ASSERT_TRUE(reader->acknowledge("billing 1.a", 3));
  ASSERT_TRUE(reader->acknowledge("billing 1.a", 2));
  server_.kill();
  server_.start();
  EXPECT_EQ(*(*stream()->reader())->acknowledged("billing 1.a"), 3U);
}

/// Of several processes of one consumer.
TEST_F(NatsTest, AcknowledgementsNeverGoBack) {
  fill(300);
  const auto acknowledge = [this](std::uint64_t first) {
    auto reader = *stream()->reader();
    for (std::uint64_t n = first; n < 300; n += 2) {
      if (!reader->acknowledge("c", n)) return false;
      if (reader->acknowledged("c").value_or(0).value_or(0) < n) return false;
    }
    return true;
  };
  auto other = std::async(std::launch::async, acknowledge, 1);
  EXPECT_TRUE(acknowledge(2));
  EXPECT_TRUE(other.get());
}

}  // namespace
}  // namespace headwater::nats

// What is removed from the front of a stream, when, and what happens when memory is full.
#include <string>

#include "src/streams/redis/test_stream.h"

namespace headwater::redis {
namespace {

using Kind = Finding::Kind;

TEST_F(RedisTest, TheNewestStay) {
  Options short_stream;
  short_stream.retention.length = 100;
  auto writer = stream(short_stream)->writer("a");
  ASSERT_TRUE(append(**writer, 5000));
  EXPECT_EQ(*(*writer)->maintain(), true);
  EXPECT_EQ(*(*writer)->maintain(), false);
  EXPECT_EQ((*stream()->reader())->range()->first, 4901U);
  auto reader = stream()->reader();
  ASSERT_TRUE((*reader)->acknowledge("slow", 4910));
  ASSERT_TRUE(append(**writer, 1000));
  EXPECT_EQ(*(*writer)->maintain(), false);
  EXPECT_EQ((*reader)->range()->first, 4911U);
  find(stream(short_stream)->check("a"), Kind::ok, "consumer slow");
  short_stream.retention.ignore_consumers = true;
  EXPECT_TRUE((*stream(short_stream)->writer("a"))->maintain());
  EXPECT_EQ((*reader)->range()->first, 5901U);
}

/// It has read none of these events, so all of them are kept for it, and a person must be told.
TEST_F(RedisTest, AConsumerOfAnEarlierStreamHoldsEventsAndIsNamed) {
  fill(10);
  ASSERT_TRUE((*stream()->reader())->acknowledge("billing", 10));
  EXPECT_EQ(server_.text({"DEL", "events", "{events}:headwater"}), "2");
  ASSERT_TRUE(stream()->prepare("a"));
  Options short_stream;
  short_stream.retention.length = 2;
  auto writer = stream(short_stream)->writer("a");
  ASSERT_TRUE(append(**writer, 10));
  EXPECT_EQ(*(*writer)->maintain(), false);
  EXPECT_EQ((*stream()->reader())->range()->first, 1U);
  const Finding told = find(stream(short_stream)->check("a"), Kind::problem, "consumer billing");
  EXPECT_NE(told.next.find("--consumer billing"), std::string::npos) << told.next;
  ASSERT_TRUE((*stream()->reader())->forget("billing"));
  EXPECT_EQ(*(*writer)->maintain(), false);
  EXPECT_EQ((*stream()->reader())->range()->first, 9U);
}

TEST_F(RedisTest, ManyOldEventsGoInPieces) {
  Options forgetful;
  forgetful.retention.age = Milliseconds(0);
  auto writer = stream(forgetful)->writer("a");
  ASSERT_TRUE(append(**writer, 5000));
  EXPECT_EQ(*(*writer)->maintain(), false);  // which leaves the mark
  EXPECT_EQ(*(*writer)->maintain(), true);
  EXPECT_EQ((*stream()->reader())->range()->first, 4097U);
  EXPECT_EQ(*(*writer)->maintain(), false);
  EXPECT_EQ((*stream()->reader())->range()->first, 5001U);
}

TEST_F(RedisTest, SaysHowMuchFitsIntoMemory) {
  auto writer = stream()->writer("a");
  ASSERT_TRUE(append(**writer, 10));
  auto room = (*writer)->room();
  ASSERT_TRUE(room) << room.error().message;
  EXPECT_EQ(room->bytes, std::nullopt) << "there is no limit";
  EXPECT_TRUE(room->history);
  const std::uint64_t most = std::stoull(server_.info("used_memory")) + 10'000'000;
  server_.set("maxmemory", std::to_string(most));
  room = (*writer)->room();
  ASSERT_TRUE(room && room->bytes);
  EXPECT_GT(*room->bytes, 5'000'000U);
  EXPECT_LT(*room->bytes, most);
  ASSERT_TRUE(append(**writer, 4'000));
  EXPECT_LT((*writer)->room()->bytes, room->bytes);
  // Then something else goes first.
  server_.set("maxmemory-policy", "volatile-lru");
  EXPECT_EQ((*writer)->room()->bytes, std::nullopt);
}

/// Trimming waits for the consumer, and the consumer must not have to wait for trimming.
TEST_F(RedisTest, AFullMemoryIsRelievedByAConsumerThatGoesOn) {
  Options short_stream;
  short_stream.retention.length = 10;
  auto writer = stream(short_stream)->writer("a");
  ASSERT_TRUE(append(**writer, 4000));
  auto reader = stream()->reader();
  ASSERT_TRUE((*reader)->acknowledge("billing", 0));
  // Less than the size of the events.
  server_.set("maxmemory", std::to_string(std::stoull(server_.info("used_memory")) - 300'000));
  auto refused = append(**writer, 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().name, "stream.out_of_memory") << refused.error().message;
  ASSERT_TRUE((*writer)->maintain());
  EXPECT_EQ((*reader)->range()->first, 1U) << "the consumer still needs it";

  // An existing one, and a new one.
  for (const char* consumer : {"billing", "mail"}) {
    auto acknowledged = (*reader)->acknowledge(consumer, 4000);
    ASSERT_TRUE(acknowledged) << acknowledged.error().message;
  }
  ASSERT_TRUE((*writer)->maintain());
  EXPECT_EQ((*reader)->range()->first, 3991U);
  EXPECT_TRUE(rig::wait_until([&] { return append(**writer, 1).has_value(); }));
}

}  // namespace
}  // namespace headwater::redis

// What an idle source leaves in the stream: positions, each of which makes the one before useless.
#include <gtest/gtest.h>
#include <nats/nats.h>

#include <array>
#include <cstdint>

#include "src/streams/nats/test_stream.h"

namespace headwater::nats {
namespace {

constexpr const char* positions = "headwater.position.EVENTS";

Result<Durable> move(StreamWriter& writer, std::uint64_t count) {
  const auto tail = writer.tail();
  return writer.append(tail->tail(), {}, testing::count_position(count), testing::sample_source);
}

void tidy(StreamWriter& writer) {
  for (bool more = true; more;) {
    auto done = writer.maintain();
    ASSERT_TRUE(done) << done.error().message;
    more = *done;
  }
}

TEST_F(NatsTest, OnlyTheLastPositionOfAnIdleSourceStays) {
  fill(2);
  auto made = writer();
  for (std::uint64_t count = 3; count <= 40; ++count) ASSERT_TRUE(move(*made, count));
  tidy(*made);
  EXPECT_EQ(server_.messages("EVENTS", positions).size(), 1U);
  EXPECT_EQ(testing::counted(made->tail()->tail().position), 40U);
  EXPECT_EQ(testing::counted(writer()->tail()->tail().position), 40U);
  // The event behind it says its own.
  ASSERT_TRUE(append(*made, 1));
  tidy(*made);
  EXPECT_EQ(server_.messages("EVENTS", positions).size(), 0U);
  EXPECT_EQ(server_.messages("EVENTS", "events.>").size(), 3U);
  EXPECT_EQ(testing::counted(writer()->tail()->tail().position), 41U);
}

TEST_F(NatsTest, WhatAPersonSetStays) {
  fill(3);
  auto made = writer();
  ASSERT_TRUE(set_position(*made, 0));
  ASSERT_TRUE(move(*made, 1));
  ASSERT_TRUE(move(*made, 2));
  tidy(*made);
  EXPECT_EQ(server_.messages("EVENTS", positions).size(), 2U);
}

/// As where the relay's user may not delete.
TEST(NatsSuperseded, WhereItIsForbiddenTheRelayGoesOn) {
  const rig::NatsServer server;
  std::array<const char*, 2> subjects{"events.>", positions};
  server.create([&](jsStreamConfig& config) {
    config.Name = "EVENTS";
    config.Subjects = subjects.data();
    config.SubjectsLen = 2;
    config.DenyDelete = true;
  });
  const auto stream = stream_at(server.url());
  ASSERT_TRUE(stream->prepare("a"));
  auto made = stream->writer("a");
  ASSERT_TRUE(made) << made.error().message;
  for (std::uint64_t count = 1; count <= 3; ++count) {
    ASSERT_TRUE(move(**made, count));
    tidy(**made);
  }
  EXPECT_EQ(server.messages("EVENTS", positions).size(), 3U);
}

}  // namespace
}  // namespace headwater::nats

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "src/event/event.h"

namespace headwater {
namespace {

StoredEvent sample() {
  return StoredEvent{.sequence = 7,
                     .event = Event{.id = "u:1",
                                    .source = "sqlite:u",
                                    .type = "shop.orders.insert",
                                    .subject = "1",
                                    .partition_key = "orders/1",
                                    .time = WallTime(Milliseconds(1'795'421'730'123)),
                                    .data = R"({"op":"insert","key":{"id":1},"before":null})"}};
}

TEST(EventJson, IsTheSpecifiedLine) {
  EXPECT_EQ(
      to_json(sample()),
      R"({"specversion":"1.0","id":"u:1","source":"sqlite:u","type":"shop.orders.insert",)"
      R"("subject":"1","time":"2026-11-23T08:15:30.123Z","datacontenttype":"application/json",)"
      R"("sequence":"00000000000000000007","partitionkey":"orders/1",)"
      R"("data":{"op":"insert","key":{"id":1},"before":null}})");
}

TEST(EventJson, ComesBackAsItWas) {
  const auto back = event_from_json(to_json(sample()));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->sequence, 7U);
  EXPECT_EQ(back->event, sample().event);
}

TEST(EventJson, NamesWithOddBytesStillGiveValidJson) {
  StoredEvent odd = sample();
  odd.event.type = "a\"b\n\xff.insert";
  EXPECT_TRUE(nlohmann::json::accept(to_json(odd)));
}

TEST(EventJson, WhatIsNoEventIsAnError) {
  for (const char* text : {"", "{}", "[1]", R"({"sequence":"x"})"}) {
    const auto event = event_from_json(text);
    ASSERT_FALSE(event) << text;
    EXPECT_EQ(event.error().name, "event.unreadable");
  }
}

}  // namespace
}  // namespace headwater

#include <gmock/gmock.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "src/event/event.h"
#include "src/json/json.h"

namespace headwater {
namespace {

StoredEvent sample() {
  return StoredEvent{.sequence = 7,
                     .event = Event{.id = "u:1",
                                    .source = "sqlite:u",
                                    .type = EventType("shop", "orders", "insert"),
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

TEST(EventJson, IsReadAsItWasWritten) {
  const auto back = event_from_json(to_json(sample()));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->sequence, 7U);
  EXPECT_EQ(back->event, sample().event);
}

TEST(EventJson, NamesWithOddBytesStillGiveValidJson) {
  StoredEvent odd = sample();
  odd.event.type = EventType::parse("a\"b\n\xff.insert");
  EXPECT_TRUE(Json::parse(to_json(odd)));
}

TEST(EventJson, AMalformedEventIsAnError) {
  for (const char* text : {"", "{}", "[1]", R"({"sequence":"x"})"}) {
    const auto event = event_from_json(text);
    ASSERT_FALSE(event) << text;
    EXPECT_EQ(event.error().name, "event.unreadable");
  }
}

TEST(EventJson, AMemberOfAnotherTypeIsReported) {
  const std::string good = to_json(sample());
  for (const char* name : {"id", "source", "type", "subject", "time", "sequence", "partitionkey"}) {
    for (const char* value : {"7", "-1", "1e300", "18446744073709551616", "null", "[]", "{}"}) {
      std::string bad = good;
      const std::size_t at = bad.find("\"" + std::string(name) + "\":") + std::strlen(name) + 3;
      bad.replace(at, bad.find('"', at + 1) + 1 - at, value);
      const auto event = event_from_json(bad);
      ASSERT_FALSE(event) << bad;
      EXPECT_EQ(event.error().name, "event.unreadable");
      EXPECT_THAT(event.error().message, ::testing::EndsWith(name + std::string(" is not a text")));
    }
  }
}

TEST(EventJson, ASequenceIsANumberInDigits) {
  for (const char* digits : {"", "-7", "7x", " 7", "18446744073709551616"}) {
    std::string bad = to_json(sample());
    const std::string_view sequence = "00000000000000000007";
    bad.replace(bad.find(sequence), sequence.size(), digits);
    const auto event = event_from_json(bad);
    ASSERT_FALSE(event) << bad;
    EXPECT_THAT(event.error().message, ::testing::EndsWith("sequence is not a number"));
  }
}

}  // namespace
}  // namespace headwater

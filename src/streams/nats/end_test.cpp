// The copy of a stream's end that is kept beside it: docs/formats/nats-stream.md.
#include "src/streams/nats/end.h"

#include <gtest/gtest.h>

#include <string>

#include "src/json/json.h"

namespace headwater::nats {
namespace {

Json sample() {
  return Json{{"event", 8},   {"last", 9},        {"life", "17"}, {"position", "p%201"},
              {"relay", "a"}, {"source", "s%3A"}, {"v", 1}};
}

TEST(NatsEndCopy, IsRead) {
  const auto copy = copy_from(sample().dump(), 9, "17");
  ASSERT_TRUE(copy);
  EXPECT_EQ(copy->relay, "a");
  EXPECT_EQ(copy->end.fence, (Fence{.sequence = 9}));
  EXPECT_EQ(copy->end.tail, (Tail{.sequence = 8, .position = Position{"p 1"}, .source = "s:"}));
}

TEST(NatsEndCopy, OfAnotherEndDoesNotCount) {
  EXPECT_FALSE(copy_from(sample().dump(), 10, "17"));
  EXPECT_FALSE(copy_from(sample().dump(), 9, "18")) << "of an earlier stream";
  EXPECT_FALSE(copy_from("", 0, "17"));
}

TEST(NatsEndCopy, WithMembersOfAnotherTypeIsNone) {
  for (const char* text : {"[]", "7", "null", "\"tail\"", "{}"})
    EXPECT_FALSE(copy_from(text, 9, "17"));
  const Json good = sample();
  for (const auto& member : good.members()) {
    for (const char* value :
         {"null", "true", "-1", "1.0", "9.5", "1e300", "18446744073709551616", "[9]", "{}"}) {
      Json bad = sample();
      bad.set(member.name, *Json::parse(value));
      EXPECT_FALSE(copy_from(bad.dump(), 9, "17")) << bad;
    }
  }
  Json bad = sample();
  bad.set("position", "%zz");
  EXPECT_FALSE(copy_from(bad.dump(), 9, "17"));
}

}  // namespace
}  // namespace headwater::nats

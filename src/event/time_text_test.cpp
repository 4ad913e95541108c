#include "src/event/time_text.h"

#include <gtest/gtest.h>

#include <string>

namespace headwater {
namespace {

TEST(Time, IsRfc3339WithMilliseconds) {
  std::string text;
  append_time(text, WallTime(Milliseconds(1'795'421'730'123)));
  EXPECT_EQ(text, "2026-11-23T08:15:30.123Z");
  text.clear();
  append_time(text, WallTime(Milliseconds(-1)));
  EXPECT_EQ(text, "1969-12-31T23:59:59.999Z");
}

TEST(Time, IsTypedWithOrWithoutMilliseconds) {
  const WallTime time(Milliseconds(1'795'421'730'000));
  EXPECT_EQ(typed_time_from("2026-11-23T08:15:30Z"), time);
  EXPECT_EQ(typed_time_from("2026-11-23T08:15:30.000Z"), time);
  EXPECT_EQ(typed_time_from("2026-11-23T08:15:30.123Z"), time + Milliseconds(123));
  for (const char* text :
       {"", "Z", "2026-11-23T08:15:30", "2026-11-23T08:15:30.Z", "2026-11-23T08:15:30.1Z",
        "2026-11-23", "2026-13-23T08:15:30Z", "2026-02-29T08:15:30Z", "2026-11-23 08:15:30.123Z",
        "2026-11-23T08:15:30,123Z", "2026-11-23T08:15:30.12xZ", "2026-11-23T08:15:30.1234",
        "2026-11-23T08:15:30+00:00", "yesterday"}) {
    EXPECT_EQ(typed_time_from(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace headwater

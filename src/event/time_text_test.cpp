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

}  // namespace
}  // namespace headwater

#include "src/cli/retry_lines.h"

#include <gtest/gtest.h>

namespace headwater::cli {
namespace {

SteadyTime at(int seconds) { return SteadyTime(std::chrono::seconds(seconds)); }

TEST(RetryLines, ALineForEachRetryWhilePausesGrow) {
  RetryLines lines;
  EXPECT_TRUE(lines.due("stream.unavailable", Milliseconds(50), at(0)));
  EXPECT_TRUE(lines.due("stream.unavailable", Milliseconds(100), at(0)));
  EXPECT_TRUE(lines.due("stream.unavailable", Milliseconds(1'900), at(2)));
}

TEST(RetryLines, ThenALineEachHalfMinute) {
  RetryLines lines;
  int count = 0;
  for (int second = 0; second < 600; second += 5) {
    if (lines.due("stream.unavailable", Milliseconds(4'000), at(second))) ++count;
  }
  EXPECT_EQ(count, 20);
}

TEST(RetryLines, ALineForAnotherErrorAtOnce) {
  RetryLines lines;
  EXPECT_TRUE(lines.due("stream.unavailable", Milliseconds(5'000), at(0)));
  EXPECT_TRUE(lines.due("stream.disk_full", Milliseconds(5'000), at(5)));
  EXPECT_FALSE(lines.due("stream.disk_full", Milliseconds(5'000), at(10)));
}

}  // namespace
}  // namespace headwater::cli

#include "src/cli/patience.h"

#include <gtest/gtest.h>

#include <string>

#include "src/cli/log.h"

namespace headwater::cli {
namespace {

Error away() { return {.remedy = Remedy::retry, .origin = Origin::stream, .name = "stream.away"}; }

class PatienceTest : public testing::Test {
 protected:
  PatienceTest() { log.configure(LogFormat::text, LogLevel::error); }

  /// Fails this many times, then returns 7.
  auto after(int failures, const Error& how = away()) {
    calls = 0;
    return [this, failures, how]() -> Result<int> {
      if (calls++ < failures) return fail(how);
      return 7;
    };
  }

  SystemClock clock;
  Log log{clock};
  std::stop_source stop;
  Patience patience{clock, log, stop.get_token(), Milliseconds(1)};
  int calls = 0;
};

TEST_F(PatienceTest, RetriesErrorsThatMayPass) {
  EXPECT_EQ(patience.of(after(4)).value_or(0), 7);
  // Each success counts.
  EXPECT_EQ(patience.of(after(4)).value_or(0), 7);
}

TEST_F(PatienceTest, ReportsAnErrorThatLasts) {
  const auto result = patience.of(after(100));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().name, "stream.away");
  EXPECT_EQ(calls, 5);
}

TEST_F(PatienceTest, RetriesForeverWhenFollowing) {
  patience.be_endless();
  EXPECT_EQ(patience.of(after(7)).value_or(0), 7);
}

TEST_F(PatienceTest, ReportsOtherErrorsAtOnce) {
  for (const Remedy remedy : {Remedy::stop, Remedy::stand_by}) {
    EXPECT_FALSE(patience.of(after(1, {.remedy = remedy})));
    EXPECT_EQ(calls, 1);
  }
}

TEST_F(PatienceTest, AStopEndsTheRetries) {
  patience.be_endless();
  stop.request_stop();
  EXPECT_FALSE(patience.of(after(1)));
}

}  // namespace
}  // namespace headwater::cli

#include "src/base/histogram.h"

#include <gtest/gtest.h>

#include <numeric>

namespace headwater {
namespace {

using std::chrono::milliseconds;

TEST(Histogram, CountsEachSpanOnceInTheFirstBucketThatHoldsIt) {
  Histogram histogram;
  histogram.add(milliseconds(1));
  histogram.add(std::chrono::microseconds(1'001));
  histogram.add(milliseconds(60'000));
  histogram.add(std::chrono::hours(1));
  histogram.add(milliseconds(-5));
  const auto& counts = histogram.counts();
  EXPECT_EQ(counts.front(), 2U);
  EXPECT_EQ(counts[1], 1U);
  EXPECT_EQ(counts[13], 1U);
  EXPECT_EQ(counts.back(), 1U);
  EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}), 5U);
  EXPECT_NEAR(histogram.sum().count(), 3'660.002'001, 1e-6);
}

TEST(Histogram, AddsUp) {
  Histogram one;
  one.add(milliseconds(2));
  Histogram other;
  other.add(milliseconds(2));
  other.add(milliseconds(400));
  one += other;
  EXPECT_EQ(one.counts()[1], 2U);
  EXPECT_EQ(one.counts()[8], 1U);
  EXPECT_NEAR(one.sum().count(), 0.404, 1e-9);
}

}  // namespace
}  // namespace headwater

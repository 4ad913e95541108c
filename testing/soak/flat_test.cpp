#include "testing/soak/flat.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace headwater::soak {
namespace {

/// An hour of samples: a base with noise, which grows by `growth` in all.
std::vector<double> hour(double base, double growth) {
  std::mt19937_64 random(1);
  std::vector<double> samples;
  constexpr int count = 3'600;
  samples.reserve(count);
  for (int i = 0; i < count; ++i) {
    samples.push_back(base + growth * i / count +
                      std::uniform_real_distribution(-1.0, 1.0)(random));
  }
  return samples;
}

TEST(Flat, NoiseIsFlat) {
  const Trend trend = trend_of(hour(24, 0), 2);
  EXPECT_TRUE(trend.judged);
  EXPECT_TRUE(trend.flat);
}

TEST(Flat, ALeakIsNot) {
  EXPECT_FALSE(trend_of(hour(24, 8), 2).flat);
  EXPECT_TRUE(trend_of(hour(24, 2), 2).flat);
}

TEST(Flat, APeakDoesNotCount) {
  auto samples = hour(24, 0);
  samples.back() = 500;
  const Trend trend = trend_of(samples, 2);
  EXPECT_TRUE(trend.flat);
  EXPECT_EQ(trend.most, 500);
}

TEST(Flat, TheWarmUpDoesNotCount) {
  auto samples = hour(24, 0);
  std::fill_n(samples.begin(), samples.size() / 10, 5);
  EXPECT_GT(trend_of(samples, 2).begin, 20);
  EXPECT_TRUE(trend_of(samples, 2).flat);
}

TEST(Flat, AFewSamplesAreNotJudged) {
  const Trend trend = trend_of({1, 2, 3, 400}, 2);
  EXPECT_FALSE(trend.judged);
  EXPECT_TRUE(trend.flat);
  EXPECT_TRUE(trend_of({}, 2).flat);
}

}  // namespace
}  // namespace headwater::soak

#include "testing/soak/flat.h"

#include <algorithm>
#include <iterator>

namespace headwater::soak {
namespace {

/// Of some samples, at least one.
double median(std::vector<double> samples) {
  const auto middle = samples.begin() + std::ssize(samples) / 2;
  std::ranges::nth_element(samples, middle);
  return *middle;
}

}  // namespace

Trend trend_of(const std::vector<double>& samples, double slack) {
  if (samples.empty()) return {};
  const auto warm = samples.begin() + std::ssize(samples) / 10;
  const auto quarter = std::max<std::ptrdiff_t>((samples.end() - warm) / 4, 1);
  Trend trend{.begin = median({warm, warm + quarter}),
              .end = median({samples.end() - quarter, samples.end()}),
              .most = std::ranges::max(samples),
              .judged = samples.size() >= enough_samples};
  constexpr double growth = 1.1;
  trend.flat = !trend.judged || trend.end <= trend.begin * growth + slack;
  return trend;
}

}  // namespace headwater::soak

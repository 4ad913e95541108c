// Whether something that was measured again and again stays as it was.
#pragma once

#include <cstddef>
#include <vector>

namespace headwater::soak {

/// The first tenth of the samples is the warm-up, which counts for nothing. `begin` and `end` are the
/// medians of the first and the last quarter of the others.
struct Trend {
  double begin = 0;
  double end = 0;
  double most = 0;  ///< The largest sample, also of the warm-up.
  /// False: there are too few samples to tell.
  bool judged = false;
  bool flat = true;
};

/// Samples that are needed: ten minutes, at one a second.
constexpr std::size_t enough_samples = 600;

/// Flat means that `end` is at most a tenth of `begin`, plus `slack`, above `begin`.
[[nodiscard]] Trend trend_of(const std::vector<double>& samples, double slack);

}  // namespace headwater::soak

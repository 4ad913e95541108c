// How long to wait before a retry.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "src/base/clock.h"
#include "src/base/random.h"
#include "src/relay/observer.h"

namespace headwater {

/// Random spans from a seed: the same seed gives the same spans on every machine.
class Jitter {
 public:
  explicit Jitter(std::uint64_t seed) : random_(seed) {}
  /// Uniform in [span × least_percent / 100, span × most_percent / 100].
  [[nodiscard]] Milliseconds of(Milliseconds span, int least_percent, int most_percent) {
    const auto least = span.count() * least_percent / 100;
    const auto most = span.count() * most_percent / 100;
    // Not std::uniform_int_distribution: its algorithm differs between libraries.
    const auto width = static_cast<std::uint64_t>(most - least + 1);
    return Milliseconds(least + static_cast<std::int64_t>(random_() % width));
  }

 private:
  Random random_;
};

/// Pauses that double with each consecutive failure.
class Backoff {
 public:
  Backoff(Milliseconds first, Milliseconds longest) : first_(first), longest_(longest) {}

  /// `error` is its name.
  [[nodiscard]] Milliseconds after_failure(Jitter& jitter, std::string error, SteadyTime now) {
    if (!retrying_) retrying_ = Retrying{.since = now, .error = {}};
    retrying_->error = std::move(error);
    next_ = std::min(longest_, next_.count() == 0 ? first_ : next_ * 2);
    return jitter.of(next_, 50, 100);
  }
  void succeeded() {
    next_ = Milliseconds(0);
    retrying_.reset();
  }
  [[nodiscard]] const std::optional<Retrying>& retrying() const { return retrying_; }

 private:
  Milliseconds first_;
  Milliseconds longest_;
  Milliseconds next_{0};
  std::optional<Retrying> retrying_;
};

}  // namespace headwater

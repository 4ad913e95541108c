// Decides which of a relay's retries get a line in its log.
#pragma once

#include <string>

#include "src/base/clock.h"

namespace headwater::cli {

/// An error that repeats every few seconds for hours only gets a line at intervals. One thread at a
/// time.
class RetryLines {
 public:
  /// Whether this retry gets a line. `error` is its name, `delay` the pause after it.
  [[nodiscard]] bool due(const std::string& error, Milliseconds delay, SteadyTime now) {
    const bool again = error == error_ && delay >= long_delay;
    if (again && now - at_ < between_lines) return false;
    error_ = error;
    at_ = now;
    return true;
  }

 private:
  // From here on, pauses are about as long as they get (RelayOptions::retry_longest, with jitter).
  static constexpr Milliseconds long_delay{2'000};
  static constexpr Milliseconds between_lines{30'000};

  std::string error_;
  SteadyTime at_{};
};

}  // namespace headwater::cli

// Passes over all ids in search of those that can be forgotten. An index on their times would make
// claiming half as expensive again; a pass looks at a few pages after each batch.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

namespace headwater::client::inbox {

/// When the next pass begins: not before the oldest id that the last one left is old enough. Times
/// of ids are in seconds, by the database's clock.
class Sweep {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Sweep(std::chrono::seconds keep) : keep_(keep) {}

  [[nodiscard]] bool due(Clock::time_point now) const { return now >= next_; }
  /// The pass leaves an id.
  void leaves(std::int64_t claimed_at) { oldest_ = std::min(oldest_, claimed_at); }
  /// The pass is at its end. `database_time` is the same moment as `now`.
  void end(std::int64_t database_time, Clock::time_point now) {
    // Ids that are claimed from now on are younger.
    const std::chrono::seconds age(database_time - std::min(oldest_, database_time));
    next_ = now + std::max(keep_ - age, std::chrono::seconds(0));
    oldest_ = std::numeric_limits<std::int64_t>::max();
  }

 private:
  std::chrono::seconds keep_;
  std::int64_t oldest_ = std::numeric_limits<std::int64_t>::max();
  Clock::time_point next_{};
};

}  // namespace headwater::client::inbox

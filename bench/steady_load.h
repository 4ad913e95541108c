// Commits at a steady rate, and the time until each reaches a reader.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"

namespace headwater::bench {

/// An event as a reader got it.
struct Arrival {
  SteadyTime at;
  std::string data;  ///< The event's data, still JSON.
};

/// When step `i` of a schedule that began at `start` is due. A late step does not delay the next
/// ones.
[[nodiscard]] SteadyTime due(SteadyTime start, std::int64_t i, int per_second);

[[nodiscard]] double milliseconds(SteadyTime from, SteadyTime to);

/// Inserts the rows 1 to `count` on that schedule, each in its own transaction. Returns when each
/// COMMIT returned.
Result<std::vector<SteadyTime>> commit_rows(const std::string& path, std::int64_t count,
                                            int per_second);

/// The milliseconds from commit to arrival of each row, without the first `skipped`, which are
/// warm-up. `committed` has the times of row 1, row 2 and so on. Fails on any event that is not one
/// of these inserts.
Result<std::vector<double>> spans_from(const std::vector<SteadyTime>& committed,
                                       const std::vector<Arrival>& arrivals, std::int64_t skipped);

}  // namespace headwater::bench

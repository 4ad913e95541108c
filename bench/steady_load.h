// Commits at a steady rate, and how long each took to reach a reader.
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

/// When step `i` of a schedule is due that began at `start`. A step that is late does not put off
/// the ones after it.
[[nodiscard]] SteadyTime due(SteadyTime start, std::int64_t i, int per_second);

[[nodiscard]] double milliseconds(SteadyTime from, SteadyTime to);

/// Inserts the rows 1 to `count` of a SQLite database on that schedule, one a transaction; returns
/// when each commit had returned.
Result<std::vector<SteadyTime>> commit_rows(const std::string& path, std::int64_t count,
                                            int per_second);

/// Milliseconds from commit to arrival of every row but the first `skipped`, which warm up.
/// `committed`: of row 1, row 2... Fails on anything but the event of an insert of these.
Result<std::vector<double>> spans_from(const std::vector<SteadyTime>& committed,
                                       const std::vector<Arrival>& arrivals, std::int64_t skipped);

}  // namespace headwater::bench

// Makes triggers and shapes agree with the tables as they are now. The one place that arms and
// disarms; prepare, remove and heal are built on it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "src/base/error.h"
#include "src/ports/report.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

struct RepairOptions {
  /// The newest log row when the schema was last known to be as it was armed.
  std::int64_t sure = 0;
  /// Tables that are captured for the first time are read again for all relays but this one.
  std::optional<std::string> except_relay;
};

struct RepairResult {
  Report report;         ///< What was done, and what cannot be captured.
  bool changed = false;  ///< Something was done.
};

/// Inside a write transaction of the caller's, on a log that is ready. Idempotent: a second call
/// finds nothing to do and writes nothing. One thread.
Result<RepairResult> repair(Database& database, const RepairOptions& options);

}  // namespace headwater::sqlite

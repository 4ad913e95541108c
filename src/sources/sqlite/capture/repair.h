// Makes triggers and shapes agree with the tables as they are now. The one place that arms and
// disarms; prepare, remove and heal are built on it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/ports/report.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// The relay that is being prepared: how it reads tables that are captured for the first time.
struct NewRelay {
  std::string name;
  bool snapshot = true;
};

struct RepairOptions {
  /// The newest log row when the schema was last known to be as it was armed.
  std::int64_t sure = 0;
  std::optional<NewRelay> relay{};
  std::vector<std::string> allow_uncaptured{};
};

struct RepairResult {
  Report report{};           ///< What was done, and what cannot be captured.
  bool changed = false;      ///< Something was done.
  std::int64_t version = 0;  ///< PRAGMA schema_version for which all agrees; -1: none was seen.
};

/// Looks first, which keeps nobody waiting, and then does what has to be done in short
/// transactions, so that no writer waits longer than for a few tables' triggers. Idempotent: a
/// second call finds nothing to do and writes nothing; one that was cut short is completed by the
/// next. Others may change the schema meanwhile as often as they like; what they change to the last
/// is left to the next call. Not inside a transaction of the caller's. One thread.
///
/// Fails with source.not_prepared, source.log_damaged, source.newer_version, source.locked.
Result<RepairResult> repair(Database& database, const RepairOptions& options);

}  // namespace headwater::sqlite

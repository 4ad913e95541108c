// Makes triggers and shapes agree with the present tables. The only place that arms and disarms;
// prepare, remove and heal use it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/ports/report.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// The relay that is being prepared, with how it reads newly captured tables.
struct NewRelay {
  std::string name;
  bool snapshot = true;
};

struct RepairOptions {
  /// The newest log row when the schema last matched the armed one.
  std::int64_t sure = 0;
  std::optional<NewRelay> relay{};
  std::vector<std::string> allow_uncaptured{};
};

struct RepairResult {
  Report report{};           ///< What was done, and what cannot be captured.
  bool changed = false;      ///< Something was done.
  std::int64_t version = 0;  ///< PRAGMA schema_version for which everything agrees; -1: none.
};

/// Reads first, which blocks nobody, and then makes the changes in short transactions, so that no
/// writer waits longer than for a few tables' triggers. Idempotent: a second call writes nothing,
/// and the next call completes one that was interrupted. Others may change the schema at the same
/// time; their last changes are left to the next call. Not inside a transaction of the caller. One
/// thread.
///
/// Fails with source.not_prepared, source.log_damaged, source.newer_version, source.locked.
Result<RepairResult> repair(Database& database, const RepairOptions& options);

}  // namespace headwater::sqlite

// The gap that a loss leaves in the log. All calls are inside a transaction of the caller.
#pragma once

#include <optional>
#include <string>

#include "src/base/error.h"
#include "src/sources/sqlite/feed/feed.h"
#include "src/sources/sqlite/feed/log_position.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

struct RecordedLoss {
  LogPosition lost;
  std::string reason;  ///< For people.
  std::string name;    ///< The error's.
  bool restate = false;
};

/// Writes the gap, its snapshot tasks, and the note that finds it again. Returns the place just
/// before the gap.
Result<LogPosition> write_gap(Database& database, Feed& feed, const RecordedLoss& loss);

/// The place just before the gap that was written earlier for this position, if it still exists.
/// The note has the form "<gap> <task> <token>".
Result<std::optional<LogPosition>> recorded_gap(Database& database, const Feed& feed,
                                                const LogPosition& lost);

}  // namespace headwater::sqlite

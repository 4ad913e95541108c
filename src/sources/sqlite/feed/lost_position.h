// Whether a position can be resumed here, and what to do if not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "src/base/error.h"
#include "src/event/change.h"
#include "src/event/position.h"
#include "src/sources/shared/policies.h"
#include "src/sources/sqlite/capture/catalog.h"
#include "src/sources/sqlite/feed/feed.h"
#include "src/sources/sqlite/feed/log_position.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

using sources::OnLost;

/// The relay's row. Fails with source.not_prepared if there is none.
Result<RelayRow> relay_row(Database& database, const std::string& relay);

/// Checks that everything needed after `after` exists, moves the feed there and returns the place.
/// Fails as Source::open() does. Inside a transaction of the caller.
Result<LogPosition> judged_place(Database& database, Feed& feed, const Position& after);

/// Where the feed continues, and what is missing before it.
struct FoundPlace {
  LogPosition place;
  /// If changes are gone and the policy skips them: the first change.
  std::optional<Change> gap;

  /// Changes are gone, and the policy needs to write to the database: `place` records that
  /// (LogPosition::lost), and record_loss() is due once the stream has it.
  [[nodiscard]] bool lost() const { return place.lost; }
};

/// The same in its own transaction, but does not fail for missing changes if `on_lost` allows that.
/// Writes nothing. Returns the same gap for the same position.
Result<FoundPlace> find_place(Database& database, Feed& feed, const Position& after,
                              OnLost on_lost);

/// Call it once `lost` is durable in the stream, so that a relay that wrongly believes it leads
/// does no harm. Writes the gap into the log and, if `restate`, requests that the tables are read
/// again. Returns the place just before the gap. A repeated call for the same position returns the
/// same gap and writes nothing. One IMMEDIATE transaction.
Result<LogPosition> record_loss(Database& database, Feed& feed, const LogPosition& lost,
                                bool restate);

}  // namespace headwater::sqlite

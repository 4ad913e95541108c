// Whether a position can be taken up here, and what to do if not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "src/base/error.h"
#include "src/event/change.h"
#include "src/event/position.h"
#include "src/sources/sqlite/capture/catalog.h"
#include "src/sources/sqlite/feed/feed.h"
#include "src/sources/sqlite/feed/log_position.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// What the configuration says to do when changes are gone.
enum class OnLost {
  stop,
  snapshot,  ///< Leave a gap that voids what was said, and read the tables again.
  skip,      ///< Leave a gap and go on.
};

/// The relay's row. Fails with source.not_prepared if there is none.
Result<RelayRow> relay_row(Database& database, const std::string& relay);

/// Where to take up the feed for `after`, having looked whether everything needed is there; the
/// feed is there then. Fails as Source::open() does. Inside a transaction of the caller's.
Result<LogPosition> judged_place(Database& database, Feed& feed, const Position& after);

/// Where the feed goes on, and what is missing before.
struct FoundPlace {
  LogPosition place;
  /// Changes are gone, and the policy is to leave them out: the first change.
  std::optional<Change> gap;

  /// Changes are gone, and the policy needs the database: `place` says so (LogPosition::lost), and
  /// once the stream holds it, record_loss() is due.
  [[nodiscard]] bool lost() const { return place.lost; }
};

/// The same in a transaction of its own; but if `on_lost` says so, it does not fail for changes
/// that are gone. Writes nothing. Asked again for the same position, it gives the same gap.
Result<FoundPlace> find_place(Database& database, Feed& feed, const Position& after,
                              OnLost on_lost);

/// To be called when the stream holds `lost` for good, so that whoever is wrong about leading does
/// no harm: writes the gap into the log and, if `restate`, asks for the tables to be read again.
/// Gives the place just before the gap. Asked again for the same position, it gives the same gap,
/// and writes nothing. One IMMEDIATE transaction.
Result<LogPosition> record_loss(Database& database, Feed& feed, const LogPosition& lost,
                                bool restate);

}  // namespace headwater::sqlite

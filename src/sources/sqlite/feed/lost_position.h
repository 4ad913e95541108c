// Whether a position can be taken up here, and what to do if not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "src/base/error.h"
#include "src/event/position.h"
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

/// What init noted for a relay.
struct RelayRow {
  std::int64_t start = 0;       ///< Its changes begin after this row.
  std::int64_t first_task = 0;  ///< Its snapshot tasks begin with this one.
};

/// Fails with source.not_prepared if there is none. Inside a transaction or not.
Result<RelayRow> relay_row(Database& database, const std::string& relay);

/// Where to take up the feed for `after`, having looked whether everything needed is there. Fails
/// as Source::open() does, or, if `on_lost` says so, writes a gap into the log (a transaction of
/// its own) and gives the place just before it; asked again for the same position, it gives the
/// same gap.
Result<LogPosition> find_place(Database& database, Feed& feed, const Position& after,
                               OnLost on_lost);

}  // namespace headwater::sqlite

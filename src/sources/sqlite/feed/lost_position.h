// Whether a position can be taken up here, and what to do if not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "src/base/error.h"
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

/// The same in transactions of its own; but if `on_lost` says so, it does not fail for changes that
/// are gone: it writes a gap into the log and gives the place just before it. Asked again for the
/// same position, it gives the same gap.
Result<LogPosition> find_place(Database& database, Feed& feed, const Position& after,
                               OnLost on_lost);

}  // namespace headwater::sqlite

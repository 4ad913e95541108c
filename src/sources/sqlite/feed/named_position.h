// Positions that a person types.
#pragma once

#include <cstdint>
#include <string>

#include "src/base/error.h"
#include "src/event/position.h"
#include "src/sources/sqlite/feed/feed.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// Parses "earliest", "latest", or a position in the source's own format that can be resumed. Fails
/// as Source::open() does. Fills the database's uuid and the relay's tables into `scope`.
Result<Position> named_position(Database& database, FeedScope scope, const std::string& words);

/// "change 4711 of shop.db"
[[nodiscard]] std::string explained(const Position& position, const std::string& file);

/// One line about the log for a relay whose stream is at `position`. Fails as Source::open() does.
Result<std::string> history_left(Database& database, FeedScope scope, const Position& position);

/// The number of the first snapshot task that a relay at `tail` has not finished. Fails as
/// Source::open() does.
Result<std::int64_t> first_open_task(Database& database, FeedScope scope, const Position& tail);

/// Whether a relay at this position, not the empty one, has published change `number` and all before
/// it.
Result<bool> includes_change(Database& database, const std::string& relay, const Position& position,
                             std::int64_t number);

}  // namespace headwater::sqlite

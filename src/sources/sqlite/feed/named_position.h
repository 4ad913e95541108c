// Positions in a person's words.
#pragma once

#include <string>

#include "src/base/error.h"
#include "src/event/position.h"
#include "src/sources/sqlite/feed/feed.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// "earliest", "latest", or a position in its own format that can be taken up. Fails as
/// Source::open() does. The database's uuid and the relay's tables are filled into `scope`.
Result<Position> named_position(Database& database, FeedScope scope, const std::string& words);

/// "change 4711 of shop.db"
[[nodiscard]] std::string explained(const Position& position, const std::string& file);

/// One line on what the log holds for a relay whose stream is at `position`. Fails as
/// Source::open() does.
Result<std::string> history_left(Database& database, FeedScope scope, const Position& position);

}  // namespace headwater::sqlite

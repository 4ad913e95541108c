// Whether a position is one of a table's present.
#pragma once

#include "src/base/error.h"
#include "src/event/position.h"
#include "src/sources/rethinkdb/feed/position.h"
#include "src/sources/rethinkdb/journal/standing.h"

namespace headwater::rethinkdb {

/// What the table's registration says in `doubt`.
[[nodiscard]] Error doubted(const Standing& standing);

/// Decodes it. `standing`: as check_standing() wants it. Fails with stop: `source.bad_position`,
/// `source.other_database`, `source.history_lost`, `source.went_back`.
Result<RethinkPosition> checked_position(const Position& position, const Standing& standing);

}  // namespace headwater::rethinkdb

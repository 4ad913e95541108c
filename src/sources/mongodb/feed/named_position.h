// Positions in a person's words, and back.
#pragma once

#include <string>

#include "src/base/error.h"
#include "src/event/position.h"
#include "src/sources/mongodb/options.h"
#include "src/sources/mongodb/server/client.h"

namespace headwater::mongodb {

/// "earliest" (the oldest change in the oplog), "latest" (now), "time:SECONDS.INCREMENT" (the first
/// change at that cluster time or later), or a position as it is saved. No snapshot is begun by any
/// of them. Fails with `source.bad_position`.
Result<Position> named_position(const SourceOptions& options, const std::string& identity,
                                Connection& connection, const std::string& words);

/// "2026-11-23 08:15:30 UTC (cluster time 1795431392.17) of shop.orders"
[[nodiscard]] std::string explained(const Position& position, const Watch& watch);

}  // namespace headwater::mongodb

// The findings of `init` and `check` about a MongoDB source.
#pragma once

#include "src/event/position.h"
#include "src/ports/report.h"
#include "src/sources/mongodb/feed/history.h"
#include "src/sources/mongodb/options.h"
#include "src/sources/mongodb/server/client.h"

namespace headwater::mongodb {

/// Whether the deployment can be followed as configured: replica set, read concern, identity, what
/// is watched, images, privileges by name, and how far from the end of the oplog `position` is
/// (empty: there is none yet). Changes nothing. Blocks for as long as the server takes to answer.
[[nodiscard]] Report inspect(const SourceOptions& options, Connection& connection,
                             const Position& position);

/// How far a position is from where the server forgets: a problem if that is near.
[[nodiscard]] Finding room_left(const MongoPosition& position, const OplogWindow& window);

}  // namespace headwater::mongodb

// The Source of a MongoDB deployment: a change stream, and the documents that were there before.
#pragma once

#include <memory>
#include <string>

#include "src/base/clock.h"
#include "src/ports/source.h"
#include "src/sources/mongodb/feed/position.h"
#include "src/sources/mongodb/options.h"
#include "src/sources/mongodb/server/client.h"
#include "src/sources/mongodb/server/shared_pool.h"
#include "src/sources/shared/joined_source.h"

namespace headwater::mongodb {

/// Where a relay that begins now begins: with the first change after the newest time a majority
/// has.
Result<MongoPosition> beginning(const SourceOptions& options, const std::string& identity,
                                Connection& connection);

/// The configured name, or the deployment's own (see deployment_identity()).
Result<std::string> source_identity(const SourceOptions& options, Connection& connection);

/// Connects to the deployment, whose relays share `pool`; the log is a MongoLog. Nothing is ever released: the server drops
/// its history when the oplog is full. Blocks until a server has answered. `clock` must
/// outlive the parts.
Result<sources::JoinedParts> connect_parts(std::shared_ptr<const SourceOptions> options,
                                           std::shared_ptr<SharedPool> pool, const Clock& clock);
/// The whole source, with a pool of its own.
Result<std::unique_ptr<Source>> connect_source(std::shared_ptr<const SourceOptions> options,
                                               const Clock& clock);

}  // namespace headwater::mongodb

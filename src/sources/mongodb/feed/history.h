// What the server still has of the past, and whether it is the past that the position is from.
#pragma once

#include <optional>
#include <string>

#include "src/base/error.h"
#include "src/sources/mongodb/bson/doc.h"
#include "src/sources/mongodb/feed/position.h"
#include "src/sources/mongodb/server/client.h"

namespace headwater::mongodb {

/// Fails if the position is of another deployment (source.other_database), or of another `watch`
/// or `pipeline` (source.pipeline_changed).
Result<void> is_ours(const MongoPosition& position, const std::string& identity,
                     const std::string& fingerprint);

/// The oplog's first and last entry.
struct OplogWindow {
  ClusterTime first;
  ClusterTime last;
};

/// nullopt if the user may not read local.oplog.rs, or the server has none (a mongos).
Result<std::optional<OplogWindow>> oplog_window(Connection& connection);

enum class Standing {
  fine,
  lost,       ///< The server's history begins after the position.
  went_back,  ///< The server never was at the position: it is older, or an older copy that continued.
};

/// Compares a position with the oplog, as far as the user may read it; opening the change
/// stream shows the rest. One or two quick reads.
Result<Standing> standing_of(const MongoPosition& position, Connection& connection);

/// A secondary lacks what the relay has seen on another member; it is not lost: retry.
[[nodiscard]] Error behind();
/// The errors for the two, with the commands that fix them.
[[nodiscard]] Error history_lost(const MongoPosition& position, const std::string& why);
[[nodiscard]] Error went_back(const MongoPosition& position);

}  // namespace headwater::mongodb

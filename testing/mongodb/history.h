// Shortens the history of a server.
#pragma once

#include "testing/mongodb/mongo_server.h"

namespace headwater::rig {

/// The options of a server that cut_history() works on.
[[nodiscard]] MongoOptions forgetful(MongoKind kind);

/// Makes the server's history begin after this call. Restarts SecantusDB for that.
void cut_history(MongoServer& server, MongoKind kind);

/// The time of the oldest change in the server's history.
[[nodiscard]] ClusterTime oldest_change(MongoShell& shell);

}  // namespace headwater::rig

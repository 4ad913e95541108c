// Making a server forget.
#pragma once

#include "testing/mongodb/mongo_server.h"

namespace headwater::rig {

/// For a server that can be made to forget.
[[nodiscard]] MongoOptions forgetful(MongoKind kind);

/// From now on the server's history begins later than this call. SecantusDB is stopped and started.
void cut_history(MongoServer& server, MongoKind kind);

/// Of the oldest change in the server's history.
[[nodiscard]] ClusterTime oldest_change(MongoShell& shell);

}  // namespace headwater::rig

// Servers that the cases of a test program share, because each takes a second to start.
#pragma once

#include "testing/mongodb/mongo_server.h"

namespace headwater::rig {

/// An empty server with these options. The first call starts it; later ones delete all its
/// databases and return the same server. A server that has ended, or whose long history would slow
/// down the start of change streams, is replaced. So the reference is valid for one case, which may
/// do anything to the server. One thread.
[[nodiscard]] MongoServer& shared_mongo_server(const MongoOptions& options);

}  // namespace headwater::rig

// Servers that the cases of a test program share: each takes a second to start.
#pragma once

#include "testing/mongodb/mongo_server.h"

namespace headwater::rig {

/// An empty server with these options, started when a case first asks for one. Later cases get the
/// same server, without the databases of earlier ones. A server that has ended, or whose history is
/// so long that starting a change stream takes time, is replaced: the reference is good for one
/// case, which may do to the server whatever it likes. One thread.
[[nodiscard]] MongoServer& shared_mongo_server(const MongoOptions& options);

}  // namespace headwater::rig

// What a slot that begins after the position leaves out: often nothing, such as after a failover.
#pragma once

#include <stop_token>

#include "src/sources/postgresql/feed/server.h"
#include "src/sources/postgresql/feed/timelines.h"
#include "src/sources/postgresql/server/connection.h"

namespace headwater::postgresql {

/// Whether a transaction of the database has committed between these places, which the server's
/// history has. Reads the log there, so that it blocks until the server has sent that. Fails with a
/// Failure that has a SQLSTATE if the server does not let it read.
Answered<bool> committed_between(Server& server, const Timelines& timelines, Lsn from, Lsn to,
                                 const std::stop_token& stop);

}  // namespace headwater::postgresql

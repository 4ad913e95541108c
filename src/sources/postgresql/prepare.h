// Makes and removes what a relay needs in the database: a publication and a replication slot.
#pragma once

#include "src/base/error.h"
#include "src/ports/report.h"
#include "src/sources/postgresql/feed/server.h"

namespace headwater::postgresql {

/// Safe to repeat. Refuses, before it changes anything, a table whose UPDATEs and DELETEs would
/// fail for its users once it is published. Blocks while transactions are open that began before,
/// for options().init_patience at the most; then fails and says whose they are.
Result<Report> prepare(Server& server);
/// Drops the slot, and the publication if it is our own.
Result<Report> remove(Server& server);

}  // namespace headwater::postgresql

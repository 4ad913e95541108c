// Installs and removes the journal of a table.
#pragma once

#include <string>

#include "src/base/error.h"
#include "src/ports/report.h"
#include "src/sources/rethinkdb/server/session.h"

namespace headwater::rethinkdb {

/// Safe to repeat. Needs the right to configure the database. A write hook of the user's is kept: it is
/// called first. Blocks until the index is built.
///
/// Fails with `source.taken`, and with `source.foreign_hook` if there is a hook that cannot be called.
Result<Report> prepare(Session& session, const std::string& relay);
/// Leaves the documents as they would be without Headwater: without journals, and without those that
/// are marked as deleted. The hook from before is there again.
Result<Report> remove(Session& session, const std::string& relay);

}  // namespace headwater::rethinkdb

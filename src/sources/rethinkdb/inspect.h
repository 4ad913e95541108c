// What `check` says about a table.
#pragma once

#include <string>

#include "src/ports/report.h"
#include "src/sources/rethinkdb/server/session.h"

namespace headwater::rethinkdb {

/// Changes nothing. What the user may not see is left out, with a note.
[[nodiscard]] Report inspect(Session& session, const std::string& relay);

}  // namespace headwater::rethinkdb

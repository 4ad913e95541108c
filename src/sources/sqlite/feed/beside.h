// Several relays of one database. Their events have the same ids, so in one stream only the source
// distinguishes them.
#pragma once

#include <string>

#include "src/base/error.h"
#include "src/ports/report.h"
#include "src/sources/sqlite/capture/capture.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// Call it before a relay is prepared. A new relay next to others gets its own source, for as long
/// as it is registered. Reports which of them follow a table that this one follows.
Result<Report> note_others(Database& database, const CaptureRequest& request);

/// The `source` of a relay's events: "sqlite:<uuid>", or "sqlite:<uuid>:<relay>".
Result<std::string> source_of(Database& database, const std::string& relay);

/// Removes what the feed keeps for a relay in _headwater_meta.
Result<void> forget_relay(Database& database, const std::string& relay);

}  // namespace headwater::sqlite

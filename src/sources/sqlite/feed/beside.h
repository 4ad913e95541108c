// Several relays of one database. Their events have the same ids, so in one stream only the source
// tells whose they are.
#pragma once

#include <string>

#include "src/base/error.h"
#include "src/ports/report.h"
#include "src/sources/sqlite/capture/capture.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// To be called before a relay is prepared: one that is new beside others gets a source of its own,
/// for as long as it is registered. Says which of them follow a table that this one follows.
Result<Report> note_others(Database& database, const CaptureRequest& request);

/// The `source` of a relay's events: "sqlite:<uuid>", or "sqlite:<uuid>:<relay>".
Result<std::string> source_of(Database& database, const std::string& relay);

/// What the feed keeps for a relay in _headwater_meta, taken away.
Result<void> forget_relay(Database& database, const std::string& relay);

}  // namespace headwater::sqlite

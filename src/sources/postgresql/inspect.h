// The findings of `check` about a PostgreSQL source.
#pragma once

#include "src/base/error.h"
#include "src/event/position.h"
#include "src/ports/report.h"
#include "src/sources/postgresql/feed/server.h"

namespace headwater::postgresql {

/// Whether the database can be followed as configured: settings, rights, publication, tables, slot,
/// and whether what comes after `position` is there (empty: there is none yet). Changes nothing.
[[nodiscard]] Report inspect(Server& server, const Position& position);

/// Fails with `source.not_prepared` or `source.no_publication`.
Result<void> check_publication(Server& server);

}  // namespace headwater::postgresql

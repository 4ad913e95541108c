// The sync documents of a PostgreSQL database: a row for each relay that has one.
#pragma once

#include <memory>
#include <string>

#include "src/sources/shared/sync_document.h"

namespace headwater::postgresql {

/// The table `headwater_standby` of the schema `headwater`, whatever the search path of a relay's
/// user. prepare() makes both; of a user who may not, only the table: then somebody who may makes the
/// schema for it. The table is UNLOGGED, so that no publication can have it, a beat writes next to
/// nothing into the log, and after a crash it is empty: then the first to claim has the claim.
[[nodiscard]] std::unique_ptr<sources::SyncPlace> make_standby_table(std::string uri);

}  // namespace headwater::postgresql

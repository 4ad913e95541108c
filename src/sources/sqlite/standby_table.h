// The sync documents of a SQLite database: a row for each relay that has one.
#pragma once

#include <memory>
#include <string>

#include "src/sources/shared/sync_document.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// The table `_headwater_standby` in the database at `path`. prepare() makes it; writes wait a moment
/// for the users' locks, never longer.
[[nodiscard]] std::unique_ptr<sources::SyncPlace> make_standby_table(std::string path);

/// Drops that table, if prepare() made it.
Result<void> drop_standby_table(Database& database);

}  // namespace headwater::sqlite

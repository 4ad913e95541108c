// The inbox suite's consumer on SQLite.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>

#include "testing/contract/inbox_connection.h"

namespace headwater::testing {

struct CloseSqlite {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
using SqliteDatabase = std::unique_ptr<sqlite3, CloseSqlite>;

/// Opens or creates a file. Ends the program if that fails.
[[nodiscard]] SqliteDatabase connect_sqlite(const std::string& file);
/// Runs statements. Ends the program if one fails.
void execute(sqlite3* database, const std::string& sql);

/// `address` is a file. Its effects are in the table TABLE_effects.
[[nodiscard]] InboxOpened open_sqlite(const std::string& address,
                                      const client::InboxOptions& options);

}  // namespace headwater::testing

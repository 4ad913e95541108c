// Puts triggers into sqlite_schema and takes them out, as rows. CREATE TRIGGER and DROP TRIGGER
// read all of that table for each trigger, which for many tables is minutes with the write lock
// held. SQLite describes the way at https://www.sqlite.org/pragma.html#pragma_writable_schema.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/error.h"
#include "src/sources/sqlite/capture/trigger_sql.h"
#include "src/sources/sqlite/capture/user_schema.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// The name of what schema_changed() makes and takes away again.
constexpr std::string_view bell = "_headwater_bell";

// Unless they say otherwise, all calls inside a write transaction of the caller's, who calls
// schema_changed() once before it commits. This connection itself knows nothing of the changes
// before why_unreadable(). One thread.

/// `triggers` must be of `table`, have been tried (see trial.h), and their names must be free in
/// this transaction (see standing.h): a name that comes twice makes the schema unreadable for all.
/// Gives what was added.
Result<std::vector<SchemaTrigger>> add_trigger_rows(Database& database, const std::string& table,
                                                    std::span<const Trigger> triggers);
/// As they were read in a transaction since which the schema has not changed.
Result<void> drop_trigger_rows(Database& database, std::span<const SchemaTrigger* const> triggers);
/// By their names, whichever are there. Reads all of sqlite_schema once.
Result<void> drop_triggers_named(Database& database, const std::vector<std::string>& names);

/// Forgets what this connection knows of the schema, and reads it as every other connection will.
/// Gives SQLite's words if it cannot be read; empty: it can. Outside a transaction.
Result<std::string> why_unreadable(Database& database);
/// Calls `body` in a write transaction even if the schema cannot be read, and makes all read it
/// again.
Result<void> mending_schema(Database& database, const std::function<Result<void>()>& body);

/// Calls `body` in a write transaction for which this connection has read the schema before it took
/// the lock, though others may keep changing it: with many tables, reading takes a while.
Result<void> knowing_schema(Database& database, const std::function<Result<void>()>& body);

/// Makes every other connection read the schema again. Reads all of sqlite_schema twice.
Result<void> schema_changed(Database& database);

/// Calls `body`, which changes many triggers in transactions of its own. Meanwhile sqlite_schema
/// stays in memory, and a commit does not wait for the disk: what a power failure takes back is
/// done again by the next call. `body` ends with why_unreadable().
Result<void> changing_triggers(Database& database, const std::function<Result<void>()>& body);

}  // namespace headwater::sqlite

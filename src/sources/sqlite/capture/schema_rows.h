// Inserts triggers into sqlite_schema and removes them, as rows. CREATE TRIGGER and DROP TRIGGER
// read all of that table for each trigger, which for many tables holds the write lock for minutes.
// SQLite describes the method at https://www.sqlite.org/pragma.html#pragma_writable_schema.
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

/// The name of the view that schema_changed() creates and drops again.
constexpr std::string_view bell = "_headwater_bell";

// Unless noted, all calls are inside a write transaction of the caller, who calls schema_changed()
// once before the commit. This connection itself does not see the changes before why_unreadable().
// One thread.

/// `triggers` must be of `table` and have been tried (see trial.h), and their names must be free in
/// this transaction (see standing.h): a repeated name makes the schema unreadable for all. Returns
/// what was added.
Result<std::vector<SchemaTrigger>> add_trigger_rows(Database& database, const std::string& table,
                                                    std::span<const Trigger> triggers);
/// As read in a transaction since which the schema has not changed.
Result<void> drop_trigger_rows(Database& database, std::span<const SchemaTrigger* const> triggers);
/// By name, those that exist. Reads all of sqlite_schema once.
Result<void> drop_triggers_named(Database& database, const std::vector<std::string>& names);

/// Drops this connection's copy of the schema, and reads it as every other connection will. Returns
/// SQLite's message if it cannot be read; empty: it can. Outside a transaction.
Result<std::string> why_unreadable(Database& database);
/// Calls `body` in a write transaction even if the schema cannot be read, and makes all connections
/// read it again.
Result<void> mending_schema(Database& database, const std::function<Result<void>()>& body);

/// Calls `body` in a write transaction for which this connection read the schema before it took the
/// lock, even if others keep changing it: with many tables, reading takes a while.
Result<void> knowing_schema(Database& database, const std::function<Result<void>()>& body);

/// Makes every other connection read the schema again. Reads all of sqlite_schema twice.
Result<void> schema_changed(Database& database);

/// Calls `body`, which changes many triggers in its own transactions. During that time
/// sqlite_schema stays in memory, and a commit does not wait for the disk: the next call repeats
/// what a power failure undoes. `body` ends with why_unreadable().
Result<void> changing_triggers(Database& database, const std::function<Result<void>()>& body);

}  // namespace headwater::sqlite

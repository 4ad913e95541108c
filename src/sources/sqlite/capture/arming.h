// Gives a table its triggers.
#pragma once

#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/sources/sqlite/capture/table_info.h"
#include "src/sources/sqlite/capture/trial.h"
#include "src/sources/sqlite/capture/trigger_sql.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// `verdict`: what a trial has said of the triggers, that nothing speaks against them. What could
/// not be tried is made by SQLite itself. Inside a write transaction of the caller's, with room in
/// the log, who calls schema_changed(). Gives why the table cannot be captured, and has done
/// nothing then; empty when it is armed.
Result<std::string> arm(Database& database, const TableInfo& table,
                        const std::vector<Trigger>& triggers, const Verdict& verdict);

}  // namespace headwater::sqlite

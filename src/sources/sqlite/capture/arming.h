// Makes a table's triggers, and tries whether the table can be written with them.
#pragma once

#include <cstdint>
#include <string>

#include "src/base/error.h"
#include "src/sources/sqlite/capture/table_info.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// Inside a write transaction of the caller's. Gives why the table cannot be captured, and has done
/// nothing then; empty when it is armed.
Result<std::string> arm(Database& database, const TableInfo& table, std::int64_t shape);

}  // namespace headwater::sqlite

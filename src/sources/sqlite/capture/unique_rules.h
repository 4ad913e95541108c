// Which of a table's rows exclude each other: its unique indexes, as SQLite understands them.
#pragma once

#include <optional>

#include "src/base/error.h"
#include "src/sources/sqlite/capture/table_info.h"
#include "src/sources/sqlite/capture/user_schema.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// Adds the rules to the table, whose columns are known; sets `why_not` if one is not understood.
/// Returns the declared key's rule if that has its own index.
Result<std::optional<UniqueRule>> read_unique_rules(Database& database, const UserSchema& schema,
                                                    Inspection& found);

}  // namespace headwater::sqlite

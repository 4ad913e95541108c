// Which of a table's rows exclude each other: its unique indexes, as SQLite has understood them.
#pragma once

#include <optional>

#include "src/base/error.h"
#include "src/sources/sqlite/capture/table_info.h"
#include "src/sources/sqlite/capture/user_schema.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// Puts the rules into the table, whose columns are known; says in `why_not` if one is not
/// understood. Gives the declared key's if that has an index of its own.
Result<std::optional<UniqueRule>> read_unique_rules(Database& database, const UserSchema& schema,
                                                    Inspection& found);

}  // namespace headwater::sqlite

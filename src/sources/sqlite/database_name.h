// What the database is called in events.
#pragma once

#include <string>

#include "src/base/error.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// Fixed by the first init, from the file's name then, so that events go on under one name when the
/// file gets another. `database` must be prepared. Returns the name.
Result<std::string> fix_name(Database& database);
/// Fails with `source.not_prepared` where no init has fixed it.
Result<std::string> fixed_name(Database& database);

}  // namespace headwater::sqlite

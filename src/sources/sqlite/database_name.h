// The database's name in events.
#pragma once

#include <string>

#include "src/base/error.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// Set by the first init from the file's name, so that events keep one name when the file is
/// renamed. `database` must be prepared. Returns the name.
Result<std::string> fix_name(Database& database);
/// Fails with `source.not_prepared` if no init has set it.
Result<std::string> fixed_name(Database& database);

}  // namespace headwater::sqlite

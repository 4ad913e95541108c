// Which works of a plan still stand: the schema may have changed since it was made, but seldom what
// a work is about.
#pragma once

#include <span>
#include <vector>

#include "src/base/error.h"
#include "src/sources/sqlite/capture/repair_plan.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// For each work: all that sqlite_schema says of its table is as the plan found it, so is what is
/// captured, and nothing has the names of the triggers that it makes, in whatever case. Inside a
/// write transaction of the caller's.
///
/// `schema_moved`: somebody else has changed the schema since the plan was made. If nobody has, the
/// plan has seen all names and all else that there is; else sqlite_schema is read once, but only
/// these tables' SQL.
Result<std::vector<bool>> still_standing(Database& database, const Plan& plan,
                                         std::span<const Work> works, bool schema_moved);

}  // namespace headwater::sqlite

// Which works of a plan are still valid: the schema may have changed since the plan was made, but
// rarely the part that a work is about.
#pragma once

#include <span>
#include <vector>

#include "src/base/error.h"
#include "src/sources/sqlite/capture/repair_plan.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// For each work, whether everything in sqlite_schema about its table is as the plan found it, and
/// also the captured tables, and the names of its new triggers are free, in any case. Inside a
/// write transaction of the caller.
///
/// `schema_moved`: another connection has changed the schema since the plan was made. If not, the
/// plan has seen everything; otherwise sqlite_schema is read once, but only these tables' SQL.
Result<std::vector<bool>> still_standing(Database& database, const Plan& plan,
                                         std::span<const Work> works, bool schema_moved);

}  // namespace headwater::sqlite

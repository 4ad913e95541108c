// The text of the triggers that capture one table. No I/O except reading the connection's limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "src/sources/sqlite/capture/table_info.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// UTC in milliseconds, as SQL. The same within one step of a statement.
inline constexpr const char* now_sql =
    "CAST(julianday('now') * 86400000.0 - 210866759999999.5 AS INTEGER)";

struct Trigger {
  std::string name;
  std::string sql;
};

/// The triggers of a table captured with this shape, in the order in which they must be created:
/// SQLite fires the newest first. `pair_fits`: an update's two images fit into one log row.
[[nodiscard]] std::vector<Trigger> triggers_for(const TableInfo& table, std::int64_t shape,
                                                bool pair_fits);

/// For each rule (including the rowid's), the condition by which an inserted row would conflict;
/// the triggers contain these texts if they know the rule.
[[nodiscard]] std::vector<std::string> conflicts(const TableInfo& table);

/// The number of values in one log row.
[[nodiscard]] std::size_t most_values(Database& database);

/// "v0, v1, ..." from `first` on.
[[nodiscard]] std::string value_columns(std::size_t first, std::size_t count);

}  // namespace headwater::sqlite

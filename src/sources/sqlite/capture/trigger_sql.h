// The text of the triggers that capture one table. No I/O except reading the connection's limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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

/// "_headwater_12_": the prefix of the names of a shape's triggers.
[[nodiscard]] std::string trigger_prefix(std::int64_t shape);

/// The shape of this trigger, by its name and its text; nullopt: it is not ours.
[[nodiscard]] std::optional<std::int64_t> shape_of_trigger(std::string_view name,
                                                           std::string_view sql);

/// The shape whose triggers could not be created because of this name, whoever uses it and in any
/// case; nullopt: none.
[[nodiscard]] std::optional<std::int64_t> number_taken(std::string_view name);

/// For each rule (including the rowid's), the condition by which an inserted row would conflict;
/// the triggers contain these texts if they know the rule.
[[nodiscard]] std::vector<std::string> conflicts(const TableInfo& table);

/// The number of values in one log row.
[[nodiscard]] std::size_t most_values(Database& database);

/// "v0, v1, ..." from `first` on.
[[nodiscard]] std::string value_columns(std::size_t first, std::size_t count);

}  // namespace headwater::sqlite

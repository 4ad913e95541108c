// The rows of Headwater's own tables. All calls are inside a write transaction of the caller unless
// they only read. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/sources/sqlite/capture/table_info.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// Gives the table as it is now its own number, which must be greater than all others.
Result<void> add_shape(Database& database, const TableInfo& table, std::int64_t shape);

Result<void> log_drop(Database& database, std::int64_t shape);
/// Records that changes of the table may be missing between the log row `from` and this one.
Result<void> log_gap(Database& database, std::int64_t shape, const std::string& reason,
                     std::int64_t from, bool restated);
/// Adds a task: read this table as it is now. `relay`: only that one; nullopt: all.
Result<void> add_task(Database& database, std::int64_t shape,
                      const std::optional<std::string>& relay, const std::string& reason);
/// What happens to the rows that a table has when its capture begins.
enum class FirstRows { read, none, left_out };
/// A table whose rows cannot be read counts as one with rows.
[[nodiscard]] FirstRows first_rows(Database& database, const std::string& table, bool wanted);
/// For a report: "its rows will be read".
[[nodiscard]] std::string words_for(FirstRows rows);

/// What is known about NULLs in a declared key that allows them.
enum class KeyNulls : std::int64_t { none = 0, found = 1, unknown = 2 };

/// The shape with which each table is captured now.
struct Captured {
  std::string table;
  std::int64_t shape = 0;
  KeyNulls nulls = KeyNulls::none;
};
Result<std::vector<Captured>> load_captured(Database& database);
Result<void> set_captured(Database& database, const Captured& captured);
/// Records the result of a search for NULLs, unless a trigger has found some since.
Result<void> note_nulls(Database& database, const std::string& table, bool found);
Result<void> forget_captured(Database& database, const std::string& table);

/// Clears the mark of a NULL that a trigger saw in a key, unless another was seen since.
Result<void> forget_renewal(Database& database);

Result<std::int64_t> meta_integer(Database& database, const std::string& key);
Result<void> set_meta(Database& database, const std::string& key, std::int64_t value);

/// Whether a VACUUM has renumbered rowids: it renumbers one of our rows as well.
Result<bool> rowids_renumbered(Database& database);
Result<void> forget_renumbering(Database& database);

}  // namespace headwater::sqlite

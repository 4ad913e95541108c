// Headwater's own tables in the user's database: making, widening, writing and dropping them. All
// calls inside a write transaction of the caller's. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/sources/sqlite/capture/table_info.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

enum class LogState {
  absent,   ///< Nothing of ours is there.
  damaged,  ///< Some of our tables are there, some are gone.
  newer,    ///< A newer Headwater made it.
  ready,
};

/// Only looks; needs no transaction.
Result<LogState> log_state(Database& database);
/// The error for a state other than ready.
[[nodiscard]] Error log_error(LogState state, const Database& database);

/// The tables, the guard of the newest log row, a fresh uuid. Has room for images of `width` values
/// at once (adding columns one by one later takes longer).
Result<void> create_log(Database& database, std::size_t width);
/// Every trigger and table of ours, whole or damaged.
Result<void> drop_log(Database& database);

/// Makes room for images of this table. True: an update's two images fit into one log row.
Result<bool> make_room(Database& database, std::size_t width);
/// Whether they do; changes nothing.
[[nodiscard]] bool pair_fits(Database& database, std::size_t width);

/// The table as it is now gets a number of its own.
Result<std::int64_t> add_shape(Database& database, const TableInfo& table);

Result<void> log_drop(Database& database, std::int64_t shape);
/// Between the log rows `from` and this one, changes of the table may be missing.
Result<void> log_gap(Database& database, std::int64_t shape, const std::string& reason,
                     std::int64_t from, bool restated);
/// "Read this table as it is now." `relay`: only that one; nullopt: all.
Result<void> add_task(Database& database, std::int64_t shape,
                      const std::optional<std::string>& relay, const std::string& reason);

/// Which table is captured with which shape at present.
struct Captured {
  std::string table;
  std::int64_t shape = 0;
};
Result<std::vector<Captured>> load_captured(Database& database);
Result<void> set_captured(Database& database, const std::string& table, std::int64_t shape);
Result<void> forget_captured(Database& database, const std::string& table);

Result<std::int64_t> meta_integer(Database& database, const std::string& key);
Result<void> set_meta(Database& database, const std::string& key, std::int64_t value);

/// A VACUUM that renumbers rowids renumbers this table's as well, which shows that it happened.
/// True if it has since the last call; notes that it was seen.
Result<bool> rowids_renumbered(Database& database);

}  // namespace headwater::sqlite

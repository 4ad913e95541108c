// Headwater's own tables in the user's database: making, widening, writing and dropping them. All
// calls inside a write transaction of the caller's, unless they say otherwise. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/error.h"
#include "src/sources/sqlite/capture/table_info.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

enum class LogState {
  absent,   ///< Nothing of ours is there.
  damaged,  ///< Some of our tables are there, some are gone.
  newer,    ///< A newer Headwater made it.
  taken,    ///< Something that is not ours has a name of ours, in whatever case.
  ready,
};

/// Whether a table of ours has this name, in whatever case.
[[nodiscard]] bool is_own_name(std::string_view table);

/// Only looks; needs no transaction.
Result<LogState> log_state(Database& database);
/// The error for a state other than ready.
[[nodiscard]] Error log_error(LogState state, const Database& database);

/// The tables, the guard of the newest log row, a fresh uuid. Has room for images of `width` values
/// at once (adding columns one by one later takes longer).
Result<void> create_log(Database& database, std::size_t width);
/// Every table of ours, whole or damaged; quick once the log is empty and the triggers are gone.
/// Not in the states absent and taken: what has our names then is somebody else's.
Result<void> drop_log(Database& database);

/// The triggers of all shapes; there may be some without a log, if somebody has dropped that.
Result<std::vector<std::string>> trigger_names(Database& database);

/// Takes the triggers of all shapes away, and all log rows but the newest: in short pieces, a
/// transaction each. Not inside one of the caller's.
Result<void> drop_triggers(Database& database);
Result<void> empty_log(Database& database);
/// Between two pieces: so long that somebody who waits for the lock gets it.
void let_others_in();

/// Makes room for images of this table. True: an update's two images fit into one log row.
Result<bool> make_room(Database& database, std::size_t width);
/// Whether they do; changes nothing.
[[nodiscard]] bool pair_fits(Database& database, std::size_t width);

/// The table as it is now gets a number of its own, which must be greater than all others'.
Result<void> add_shape(Database& database, const TableInfo& table, std::int64_t shape);

Result<void> log_drop(Database& database, std::int64_t shape);
/// Between the log rows `from` and this one, changes of the table may be missing.
Result<void> log_gap(Database& database, std::int64_t shape, const std::string& reason,
                     std::int64_t from, bool restated);
/// "Read this table as it is now." `relay`: only that one; nullopt: all.
Result<void> add_task(Database& database, std::int64_t shape,
                      const std::optional<std::string>& relay, const std::string& reason);
/// What comes of the rows that a table has when its capture begins.
enum class FirstRows { read, none, left_out };
/// A table whose rows cannot be looked at counts as one that has some.
[[nodiscard]] FirstRows first_rows(Database& database, const std::string& table, bool wanted);
/// For a report: "its rows will be read".
[[nodiscard]] std::string words_for(FirstRows rows);

/// What is known of NULLs in a declared key that allows them.
enum class KeyNulls : std::int64_t { none = 0, found = 1, unknown = 2 };

/// Which table is captured with which shape at present.
struct Captured {
  std::string table;
  std::int64_t shape = 0;
  KeyNulls nulls = KeyNulls::none;
};
Result<std::vector<Captured>> load_captured(Database& database);
Result<void> set_captured(Database& database, const Captured& captured);
/// What a look for NULLs found, unless a trigger has found some since.
Result<void> note_nulls(Database& database, const std::string& table, bool found);
Result<void> forget_captured(Database& database, const std::string& table);

/// A NULL that a trigger has seen in a key has been dealt with, unless another has come since.
Result<void> forget_renewal(Database& database);

Result<std::int64_t> meta_integer(Database& database, const std::string& key);
Result<void> set_meta(Database& database, const std::string& key, std::int64_t value);

/// A VACUUM that renumbers rowids renumbers a row of ours as well. True if it has.
Result<bool> rowids_renumbered(Database& database);
Result<void> forget_renumbering(Database& database);

}  // namespace headwater::sqlite

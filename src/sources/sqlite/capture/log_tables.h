// Headwater's own tables in the user's database: creates, widens and drops them. All calls
// are inside a write transaction of the caller unless noted. One thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/error.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

enum class LogState {
  absent,   ///< None of our tables exist.
  damaged,  ///< Some of our tables exist, some are gone.
  newer,    ///< A newer Headwater created it.
  taken,    ///< Another program's object has one of our names, in any case.
  ready,
};

/// Whether one of our tables has this name, in any case.
[[nodiscard]] bool is_own_name(std::string_view table);
/// Where relays note who leads, if they are to. It is not a part of the log, and never captured.
inline constexpr std::string_view standby_table = "_headwater_standby";

/// Only reads; needs no transaction.
Result<LogState> log_state(Database& database);
/// The error for a state other than ready.
[[nodiscard]] Error log_error(LogState state, const Database& database);

/// Creates the tables, the guard of the newest log row, and a new uuid, with space for images of
/// `width` values (adding columns later takes longer).
Result<void> create_log(Database& database, std::size_t width);
/// Drops all our tables, whole or damaged; fast once the log is empty and the triggers are gone.
/// Not in the states absent and taken: objects with our names then belong to another program.
Result<void> drop_log(Database& database);

/// The triggers of all shapes; some may exist without a log if someone dropped it.
Result<std::vector<std::string>> trigger_names(Database& database);

/// Removes the triggers of all shapes and all log rows except the newest, in short pieces, each in
/// a transaction. Not inside a transaction of the caller.
Result<void> drop_triggers(Database& database);
Result<void> empty_log(Database& database);
/// The pause between two pieces: long enough for a connection that waits for the lock to get it.
void let_others_in();

/// Makes space for images of this table. Returns true if an update's two images fit into one log
/// row.
Result<bool> make_room(Database& database, std::size_t width);
/// Whether they fit; changes nothing.
[[nodiscard]] bool pair_fits(Database& database, std::size_t width);

}  // namespace headwater::sqlite

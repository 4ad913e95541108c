// What can be read of a table here. Its own program may bring along collations and functions that
// no other connection has; not even init's and the relay's.
#pragma once

#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/sources/sqlite/capture/table_info.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// Why the value of a column that is computed when it is read cannot be computed; empty: it can.
Result<std::string> why_not_computed(Database& database, const std::string& table,
                                     const std::string& column);

/// Why no row of the table can be read; empty: its rows can, in the order of the rowid at least.
Result<std::string> why_not_readable(Database& database, const TableInfo& table);

/// Whether this connection can compare by a collation.
Result<bool> knows_collation(Database& database, const std::string& collation);

/// What SQLite said, without the database's name.
[[nodiscard]] std::string words_of(const Database& database, const Error& error);
/// Whether it was that a function or a collation is not there.
[[nodiscard]] bool about_what_is_not_here(std::string_view words);

/// ", without its column h (unknown function: app_hash())"; empty if no column is left out.
[[nodiscard]] std::string left_out_words(const TableInfo& table);

}  // namespace headwater::sqlite

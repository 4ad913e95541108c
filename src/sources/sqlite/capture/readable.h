// What this connection can read of a table. The table's own program may define collations and
// functions that no other connection has, including those of init and the relay.
#pragma once

#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/sources/sqlite/capture/table_info.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// Why a column that is computed on read cannot be computed; empty: it can.
Result<std::string> why_not_computed(Database& database, const std::string& table,
                                     const std::string& column);

/// Why no row of the table can be read; empty: they can, at least in the order of the rowid.
Result<std::string> why_not_readable(Database& database, const TableInfo& table);

/// Whether this connection has a collation.
Result<bool> knows_collation(Database& database, const std::string& collation);

/// SQLite's message, without the database's name.
[[nodiscard]] std::string words_of(const Database& database, const Error& error);
/// Whether the message reports a missing function or collation.
[[nodiscard]] bool about_what_is_not_here(std::string_view words);

/// ", without its column h (unknown function: app_hash())"; empty if no column is left out.
[[nodiscard]] std::string left_out_words(const TableInfo& table);

}  // namespace headwater::sqlite

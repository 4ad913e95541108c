// The names by which the journal is known in a database.
#pragma once

#include <string_view>

namespace headwater::rethinkdb {

/// A document's field, and the secondary index on it.
inline constexpr std::string_view journal_name = "_hw";
/// A table in the same database, in which followed tables are registered.
inline constexpr std::string_view register_name = "headwater";

/// The first element of a value in the index.
inline constexpr std::string_view pending_mark =
    "p";  ///< Then the first pending number, and the key.
inline constexpr std::string_view deleted_mark = "t";  ///< Then the number of the deletion.

/// How the hook refuses a new document that has the field; at its end, hook_says and the journal's
/// name.
inline constexpr std::string_view hook_refuses = "a new document has no field _hw";
inline constexpr std::string_view hook_says = "headwater keeps journal ";
/// Only in a hook that calls another, which was there before.
inline constexpr std::string_view hook_called_refuses =
    "the write hook before Headwater's does not allow the delete";

}  // namespace headwater::rethinkdb

// Finds where a JSON value ends, and whether it is one, without building a tree.
#pragma once

#include <cstddef>
#include <string_view>

namespace headwater::rethinkdb {

/// The position after the value that begins at `at`; npos if none does: it is no JSON (RFC 8259), is
/// not UTF-8, has white space between its parts, or is nested more deeply than Json::max_depth. The
/// server writes no white space (rapidjson's Writer, in its src/client_protocol/json.cc), so it
/// would be a hint at another program. Uses no more stack for deeper nesting.
[[nodiscard]] std::size_t end_of_compact_json(std::string_view text, std::size_t at);

/// The position after the string, with its quotes, that begins at `at`; npos as above.
[[nodiscard]] std::size_t end_of_compact_string(std::string_view text, std::size_t at);

}  // namespace headwater::rethinkdb

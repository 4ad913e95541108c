// Writes JSON by appending to a string: no tree, no second copy. The output is exact: different
// values of a database have different JSON (docs/formats/event.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "src/event/encoding.h"
#include "src/event/time_text.h"
#include "src/event/value.h"

namespace headwater {

[[nodiscard]] bool is_utf8(std::string_view bytes);

/// `text` as a JSON string, quotes included. Must be UTF-8.
void append_json_string(std::string& to, std::string_view text);
/// A name or word as a JSON string, whatever its bytes: bytes that are not UTF-8 become U+FFFD.
void append_json_name(std::string& to, std::string_view text);
/// `,"name":` and the text as append_json_name() writes it. `name` must need no escapes.
void append_json_member(std::string& to, std::string_view name, std::string_view text);
void append_json_integer(std::string& to, std::int64_t value);
/// Shortest digits that read back as the same double; never looks like an integer.
void append_json_real(std::string& to, double value);
void append_json_value(std::string& to, const Value& value);
/// {"column":value,…}
void append_json_row(std::string& to, const TableRow& row);

}  // namespace headwater

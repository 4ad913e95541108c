// Writes JSON by appending to a string: no tree, no second copy. The output is exact: different
// values of a database have different JSON (docs/formats/event.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/base/clock.h"
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
/// 2026-11-23T08:15:30.123Z
void append_time(std::string& to, WallTime time);
/// Parses exactly what append_time() writes.
[[nodiscard]] std::optional<WallTime> time_from(std::string_view text);

/// Sixteen lower-case hexadecimal digits.
void append_hex(std::string& to, std::uint64_t bits);
void append_base64(std::string& to, std::string_view bytes);
/// Writes every byte as %XX.
void append_percent_bytes(std::string& to, std::string_view bytes);
/// Writes every byte except letters, digits and "-._~" as %XX; of those, the ones in `also`, too.
void append_percent_encoded(std::string& to, std::string_view bytes, std::string_view also = {});
/// Decodes it; nullopt for text that append_percent_encoded() does not write.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);
/// Decodes each %XX. A '%' without two hexadecimal digits behind it stays.
[[nodiscard]] std::string with_percents_decoded(std::string_view text);

}  // namespace headwater

// Texts as libpq takes and gives them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headwater::libpq {

/// The values of $1, $2, … as texts; nullopt: NULL.
using Parameters = std::vector<std::optional<std::string>>;

/// As libpq takes them. They point into `parameters`, which must outlive them.
[[nodiscard]] std::vector<const char*> pointers_to(const Parameters& parameters);

/// A name in SQL: "orders".
[[nodiscard]] std::string quote_name(std::string_view name);
/// A text in SQL, where standard_conforming_strings is on: 'it''s'.
[[nodiscard]] std::string quote_text(std::string_view text);

/// libpq's messages have several lines, and end in a new one. nullptr: empty.
[[nodiscard]] std::string one_line_of(const char* message);

}  // namespace headwater::libpq

// Small helpers to read rows and pass errors on.
#pragma once

#include <algorithm>
#include <cctype>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/error.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// Calls `take(statement)` for every row. `take` may return nothing, or a Result<void> that ends
/// the reading on failure.
template <class Take>
Result<void> for_each_row(Statement& statement, Take&& take) {
  for (;;) {
    auto row = statement.step();
    if (!row) return failed(row);
    if (!*row) return {};
    if constexpr (std::is_void_v<decltype(take(statement))>) {
      take(statement);
    } else {
      Result<void> taken = take(statement);
      if (!taken) {
        statement.reset();
        return taken;
      }
    }
  }
}

[[nodiscard]] inline std::string text_at(const Statement& row, int column) {
  return std::string(row.bytes(column));
}

[[nodiscard]] inline char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

/// Compares names as SQLite does: ignores the case of the letters A to Z.
[[nodiscard]] inline bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// The order that matches same_name().
[[nodiscard]] inline bool less_name(std::string_view a, std::string_view b) {
  return std::ranges::lexicographical_compare(a, b, {}, lower, lower);
}

[[nodiscard]] inline bool has_name(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::any_of(names, [&](const auto& each) { return same_name(each, name); });
}

/// Whether a relay that captures `tables` (nullopt: all) captures this one.
[[nodiscard]] inline bool asks_for(const std::optional<std::vector<std::string>>& tables,
                                   std::string_view table) {
  return !tables || has_name(*tables, table);
}

[[nodiscard]] inline bool valid_utf8(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned lead = at(i);
    const std::size_t length = lead < 0x80                    ? 1
                               : lead >= 0xc2 && lead <= 0xdf ? 2
                               : lead >= 0xe0 && lead <= 0xef ? 3
                               : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                              : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if ((at(i + k) & 0xc0U) != 0x80) return false;
    }
    if (length == 3 && ((lead == 0xe0 && at(i + 1) < 0xa0) || (lead == 0xed && at(i + 1) > 0x9f))) {
      return false;
    }
    if (length == 4 && ((lead == 0xf0 && at(i + 1) < 0x90) || (lead == 0xf4 && at(i + 1) > 0x8f))) {
      return false;
    }
    i += length;
  }
  return true;
}

}  // namespace headwater::sqlite

// Small helps for reading rows and passing errors on.
#pragma once

#include <cctype>
#include <string>
#include <string_view>
#include <utility>

#include "src/base/error.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// Calls `take(statement)` for every row. `take` may give nothing, or a Result<void> that ends the
/// reading when it fails.
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

/// As SQLite compares names: the letters A to Z without regard to case.
[[nodiscard]] inline bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace headwater::sqlite

// SQL's way to quote.
#pragma once

#include <string>
#include <string_view>

namespace headwater {

/// Between two marks; a mark in the text is doubled.
[[nodiscard]] inline std::string quoted(std::string_view text, char mark) {
  std::string result(1, mark);
  for (const char c : text) {
    if (c == mark) result += mark;
    result += c;
  }
  return result += mark;
}

}  // namespace headwater

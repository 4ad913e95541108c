// Digits as a number.
#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>

namespace headwater {

/// The number that `text` begins with; 0 if there are no digits, or too many.
[[nodiscard]] inline std::uint64_t number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() ? number : 0;
}

}  // namespace headwater

// A number in groups of three digits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace headwater {

/// "12,345,678"
[[nodiscard]] inline std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

}  // namespace headwater

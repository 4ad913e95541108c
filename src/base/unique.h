// A unique name.
#pragma once

#include <sys/random.h>

#include <array>
#include <string>

namespace headwater {

/// 32 hexadecimal digits from the system's random numbers.
[[nodiscard]] inline std::string unique_name() {
  constexpr const char* digits = "0123456789abcdef";
  std::array<unsigned char, 16> bytes{};
  // getrandom() fills so few bytes completely, or fails because a signal came first.
  while (::getrandom(bytes.data(), bytes.size(), 0) < 0) continue;
  std::string name;
  for (const unsigned char byte : bytes) {
    name += digits[byte >> 4U];
    name += digits[byte & 15U];
  }
  return name;
}

}  // namespace headwater

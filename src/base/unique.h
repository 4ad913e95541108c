// A unique name.
#pragma once

#include <sys/random.h>

#include <array>
#include <string>

#include "src/base/hex.h"

namespace headwater {

/// 32 hexadecimal digits from the system's random numbers.
[[nodiscard]] inline std::string unique_name() {
  std::array<char, 16> bytes{};
  // getrandom() fills so few bytes completely, or fails because a signal came first.
  while (::getrandom(bytes.data(), bytes.size(), 0) < 0) continue;
  std::string name;
  append_hex_bytes(name, {bytes.data(), bytes.size()});
  return name;
}

}  // namespace headwater

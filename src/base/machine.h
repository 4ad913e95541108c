// The name of this machine.
#pragma once

#include <unistd.h>

#include <array>
#include <string>

namespace headwater {

/// As the system has it, cut at 255 characters; empty if it has none.
[[nodiscard]] inline std::string machine_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

}  // namespace headwater

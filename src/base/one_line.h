// Text from elsewhere, such as a table's name, as part of a line for a person.
#pragma once

#include <string>
#include <string_view>

#include "src/base/hex.h"

namespace headwater {

/// Control characters become \n, \t or \xNN, so that a name neither breaks the line nor reaches a
/// terminal as a command.
[[nodiscard]] inline std::string one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (const char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      line += c;
    } else if (c == '\n') {
      line += "\\n";
    } else if (c == '\t') {
      line += "\\t";
    } else {
      append_hex_bytes(line += "\\x", {&c, 1});
    }
  }
  return line;
}

}  // namespace headwater

#include "src/libpq/said.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <string_view>

namespace headwater::libpq {
namespace {

bool is_place(std::string_view line) {
  const auto at = line.rfind(".c:");
  return at != std::string_view::npos && line.substr(at + 3).size() <= 6 &&
         std::ranges::all_of(line.substr(at + 3), [](unsigned char c) { return std::isdigit(c); });
}

Said said_in(std::string_view message) {
  constexpr std::size_t state_size = 5;
  constexpr std::string_view before = ":  ";
  Said said;
  while (!message.empty()) {
    const std::size_t end = std::min(message.find('\n'), message.size());
    std::string line(message.substr(0, end));
    message.remove_prefix(std::min(end + 1, message.size()));
    if (is_place(line)) continue;
    const auto at = line.find(before);
    const auto after = at == std::string::npos ? at : at + before.size() + state_size;
    if (after < line.size() && std::string_view(line).substr(after).starts_with(": ")) {
      said.state = line.substr(at + before.size(), state_size);
      line.erase(at + before.size() - 1, state_size + 3);
    }
    said.text += (said.text.empty() ? "" : " ") + line;
  }
  return said;
}

}  // namespace

Said said_by(const PGconn& connection) {
  const char* const message = PQerrorMessage(&connection);
  return said_in(message == nullptr ? "" : message);
}

}  // namespace headwater::libpq

#include "src/verify/data_scan.h"

#include <cstddef>
#include <string_view>

namespace headwater {
namespace {

/// Just behind the string that begins at `at`; npos if it does not end.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

/// Just behind the value that begins at `at`.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  int depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
      if (at == std::string_view::npos) return at;
      if (depth == 0) return at;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (depth == 0) return at;
      if (--depth == 0) return at + 1;
    }
    if (c == ',' && depth == 0) return at;
    ++at;
  }
  return std::string_view::npos;
}

void take(DataParts& parts, std::string_view name, std::string_view value) {
  if (name == "op" && value.size() >= 2) parts.op = value.substr(1, value.size() - 2);
  if (name == "key") parts.key = value;
  if (name == "before") parts.before = value;
  if (name == "after") parts.after = value;
  if (name == "gap") parts.gap = value;
}

}  // namespace

std::optional<DataParts> scan_data(std::string_view data) {
  constexpr auto npos = std::string_view::npos;
  if (data.size() < 2 || data.front() != '{' || data.back() != '}') return std::nullopt;
  DataParts parts;
  std::size_t at = 1;
  while (at < data.size() && data[at] == '"') {
    const std::size_t name_end = end_of_string(data, at);
    if (name_end == npos || name_end >= data.size() || data[name_end] != ':') return std::nullopt;
    const std::size_t value_end = end_of_value(data, name_end + 1);
    if (value_end == npos) return std::nullopt;
    take(parts, data.substr(at + 1, name_end - at - 2),
         data.substr(name_end + 1, value_end - name_end - 1));
    at = value_end;
    if (at < data.size() && data[at] == ',') ++at;
  }
  if (parts.op.empty()) return std::nullopt;
  return parts;
}

}  // namespace headwater

#include "src/event/data_scan.h"

#include <array>
#include <string_view>
#include <utility>

#include "src/event/json_scan.h"

namespace headwater {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view DataParts::*>, 7> members{
    {{"op", &DataParts::op},
     {"key", &DataParts::key},
     {"before", &DataParts::before},
     {"after", &DataParts::after},
     {"to", &DataParts::to},
     {"detail", &DataParts::detail},
     {"gap", &DataParts::gap}}};

std::string_view unquoted(std::string_view string) {
  return string.size() >= 2 && string.front() == '"' ? string.substr(1, string.size() - 2)
                                                     : std::string_view();
}

}  // namespace

std::optional<DataParts> scan_data(std::string_view data) {
  if (data.empty() || data.front() != '{') return std::nullopt;
  const auto found = json_parts(data);
  if (!found) return std::nullopt;
  DataParts parts;
  for (const JsonPart& part : *found) {
    for (const auto& [name, member] : members) {
      if (part.name == name) parts.*member = part.value;
    }
  }
  parts.op = unquoted(parts.op);
  parts.to = unquoted(parts.to);
  if (parts.op.empty()) return std::nullopt;
  return parts;
}

}  // namespace headwater

#include "src/verify/differences.h"

#include <algorithm>
#include <string>

#include "src/event/json_scan.h"

namespace headwater {
namespace {

std::string_view value_of(const std::vector<JsonPart>& parts, std::string_view name) {
  const auto found = std::ranges::find(parts, name, &JsonPart::name);
  return found == parts.end() ? std::string_view() : found->value;
}

}  // namespace

std::vector<ColumnDifference> differences(std::string_view in_stream, std::string_view in_database,
                                          bool ordered) {
  const auto one = json_parts(in_stream);
  const auto other = json_parts(in_database);
  if (!one || !other) return {};
  std::vector<ColumnDifference> result;
  const auto add = [&](std::string_view name, std::string_view left, std::string_view right) {
    if (left == right || (!ordered && sorted_json(left) == sorted_json(right))) return;
    result.push_back({json_unescaped(name), std::string(left), std::string(right)});
  };
  for (const JsonPart& part : *other) add(part.name, value_of(*one, part.name), part.value);
  for (const JsonPart& part : *one) {
    if (value_of(*other, part.name).empty()) add(part.name, part.value, {});
  }
  return result;
}

}  // namespace headwater

#include "src/event/unchanged.h"

#include <algorithm>
#include <vector>

#include "src/event/json_scan.h"

namespace headwater {
namespace {

constexpr std::string_view unchanged = R"({"$unchanged":true})";

}  // namespace

bool leaves_out_unchanged(std::string_view row) {
  const auto parts = json_parts(row);
  return parts && std::ranges::find(*parts, unchanged, &JsonPart::value) != parts->end();
}

std::optional<std::string> with_unchanged(std::string_view row, std::string_view before) {
  auto parts = json_parts(row);
  const auto former = json_parts(before);
  if (!parts || !former) return std::nullopt;
  for (JsonPart& part : *parts) {
    if (part.value != unchanged) continue;
    const auto was = std::ranges::find(*former, part.name, &JsonPart::name);
    if (was == former->end() || was->value == unchanged) return std::nullopt;
    part.value = was->value;
  }
  return json_of(*parts, true);
}

}  // namespace headwater

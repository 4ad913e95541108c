#include "src/sources/sqlite/capture/trigger_names.h"

#include <algorithm>
#include <array>
#include <utility>

#include "src/base/number_in.h"
#include "src/sources/sqlite/capture/rows.h"

namespace headwater::sqlite {
namespace {

constexpr std::string_view own_prefix = "_headwater_";

/// The number after the prefix, and the text after the number's "_".
std::optional<std::pair<std::int64_t, std::string_view>> numbered(std::string_view name) {
  if (!same_name(name.substr(0, own_prefix.size()), own_prefix)) return std::nullopt;
  name.remove_prefix(own_prefix.size());
  const auto shape = take_number<std::int64_t>(name);
  if (!shape || !name.starts_with('_')) return std::nullopt;
  return std::pair(*shape, name.substr(1));
}

}  // namespace

std::string trigger_prefix(std::int64_t shape) {
  return "_headwater_" + std::to_string(shape) + "_";
}

std::optional<std::int64_t> shape_of_trigger(std::string_view name, std::string_view sql) {
  constexpr std::array<std::string_view, 5> parts{"insert", "update", "delete", "guard_insert",
                                                  "guard_update"};
  const auto found = numbered(name);
  if (!found || std::ranges::find(parts, found->second) == parts.end()) return std::nullopt;
  if (name != trigger_prefix(found->first).append(found->second)) return std::nullopt;
  if (sql.find("_headwater_stash") == std::string_view::npos) return std::nullopt;
  return found->first;
}

std::optional<std::int64_t> number_taken(std::string_view name) {
  const auto found = numbered(name);
  return found ? std::optional(found->first) : std::nullopt;
}

}  // namespace headwater::sqlite

#include "testing/postgresql/workload/kinds.h"

#include <algorithm>

#include "testing/postgresql/workload/random_texts.h"
#include "testing/rig/server_program.h"

namespace headwater::rig {

const std::vector<const char*>& postgres_types() {
  static const std::vector<const char*> statements{
      "CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'z\xc3\xbcrnend')",
      "CREATE DOMAIN positive AS bigint CHECK (VALUE > 0)",
      "CREATE DOMAIN counted AS positive",
      "CREATE DOMAIN exact AS numeric",
      "CREATE TYPE pair AS (number int, words text)",
      "CREATE TYPE floatrange AS RANGE (subtype = float8)"};
  return statements;
}

const std::vector<Kind>& postgres_kinds() {
  static const std::vector<Kind> all = [] {
    std::vector<Kind> kinds = plain_kinds();
    kinds.insert(kinds.end(), composed_kinds().begin(), composed_kinds().end());
    return kinds;
  }();
  return all;
}

std::string random_large_value(const std::string& type, Random& random) {
  if (one_in(random, 6)) return "small";
  return (type == "bytea" ? "\\x" : "") + random_hex(random, 1'500 + any(random, 4'000));
}

std::optional<std::string> random_value(const std::string& type, Random& random) {
  const auto& kinds = postgres_kinds();
  const std::string known = type.starts_with(made_type) ? "integer" : type;
  const auto kind = std::ranges::find(kinds, known, [](const Kind& each) { return each.type; });
  if (kind == kinds.end()) give_up("the workload has no values of type " + type);
  if (one_in(random, 8)) return std::nullopt;
  return kind->value(random);
}

}  // namespace headwater::rig

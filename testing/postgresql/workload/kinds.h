// PostgreSQL's types, each with random values of its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/base/random.h"

namespace headwater::rig {

/// A value as text, as the type's input function takes it.
using RandomValue = std::string (*)(Random& random);

struct Kind {
  const char* type;  ///< As format_type() writes it.
  RandomValue value;
};

/// All kinds of built-in types, and types of postgres_types().
[[nodiscard]] const std::vector<Kind>& postgres_kinds();
[[nodiscard]] const std::vector<Kind>& plain_kinds();
[[nodiscard]] const std::vector<Kind>& composed_kinds();
/// Statements that create an enum, domains, composites and ranges.
[[nodiscard]] const std::vector<const char*>& postgres_types();
/// The names of domains of whole numbers that are made meanwhile begin with it.
inline constexpr const char* made_type = "made_";
/// A value of this type; NULL now and then.
[[nodiscard]] std::optional<std::string> random_value(const std::string& type, Random& random);
/// A text or blob of some kilobytes, which is stored outside its row (TOAST).
[[nodiscard]] std::string random_large_value(const std::string& type, Random& random);

}  // namespace headwater::rig

// "did you mean …?"
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headwater {

[[nodiscard]] bool is_one_of(std::string_view word, const std::vector<std::string>& names);

/// Returns the name that `word` was probably meant to be: the one with the fewest letters added,
/// left out, changed or swapped, if they are few enough.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word,
                                                 const std::vector<std::string>& names);

/// "; did you mean 'tables'?", or all the names when none is near: "; valid keys: path, tables".
[[nodiscard]] std::string suggestion(std::string_view word, const std::vector<std::string>& names,
                                     std::string_view what);

}  // namespace headwater

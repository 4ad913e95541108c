// The names of consumers on the command line.
#pragma once

#include <string>

namespace headwater::cli {

/// The complaint about a consumer's name; empty if it is one.
[[nodiscard]] inline std::string bad_consumer(const std::string& name) {
  // It becomes a part of names whose length streams limit.
  constexpr std::size_t longest = 200;
  if (name.empty()) return "a consumer needs a name, such as billing";
  return name.size() <= longest
             ? ""
             : "a consumer's name may have " + std::to_string(longest) + " bytes";
}

}  // namespace headwater::cli

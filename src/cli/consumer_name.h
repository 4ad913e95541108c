// The names of consumers on the command line.
#pragma once

#include <string>

#include "src/base/consumer_name.h"

namespace headwater::cli {

/// The complaint about a consumer's name; empty if it is one.
[[nodiscard]] inline std::string bad_consumer(const std::string& name) {
  if (name.empty()) return "a consumer needs a name, such as billing";
  return is_consumer_name(name)
             ? ""
             : "a consumer's name may have " + std::to_string(longest_consumer_name) + " bytes";
}

}  // namespace headwater::cli

// The result of a soak, for people.
#pragma once

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "testing/soak/track.h"

namespace headwater::soak {

struct Result {
  std::vector<std::string> machine;  ///< Lines.
  std::string when;                  ///< When it began.
  std::chrono::seconds lasted{0};
  std::uint64_t seed = 0;
  std::vector<Outcome> outcomes;
};

/// Everything that is not as promised, a sentence each.
[[nodiscard]] std::vector<std::string> broken(const Result& result);

/// Tables, which are also Markdown.
void print(std::ostream& out, const Result& result);

}  // namespace headwater::soak

// "Every change up to here has been dealt with", in the source's own words.
#pragma once

#include <string>

namespace headwater {

/// A source's resume token. Opaque to everything but the source that made it; empty means "before
/// the beginning". Every format is specified in docs/formats/ and carries its version.
struct Position {
  std::string token;

  [[nodiscard]] bool empty() const { return token.empty(); }
  bool operator==(const Position&) const = default;
};

}  // namespace headwater

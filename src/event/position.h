// A point in the source's history: every change up to it is processed.
#pragma once

#include <string>

namespace headwater {

/// A source's resume token. Only the source that made it interprets it. Empty means "before the
/// beginning". Every format is specified in docs/formats/ and carries its version.
struct Position {
  std::string token;

  [[nodiscard]] bool empty() const { return token.empty(); }
  bool operator==(const Position&) const = default;
};

}  // namespace headwater

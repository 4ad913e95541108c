// What can be configured of a SQLite source.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/sources/shared/policies.h"

namespace headwater::sqlite {

struct SourceOptions {
  std::string path;
  std::optional<std::vector<std::string>> tables;  ///< nullopt: all.
  /// Tables that `init` and `check` may leave uncaptured with `tables: all`.
  std::vector<std::string> allow_uncaptured{};
  sources::Policies policies{.snapshot = true};
  /// How long log rows are kept once they are durable in the stream, so that a stream that lost its
  /// end can be refilled.
  Milliseconds history = std::chrono::minutes(10);
};

}  // namespace headwater::sqlite

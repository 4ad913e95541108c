// The options of a SQLite source.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/config/section.h"
#include "src/sources/sqlite/feed/lost_position.h"

namespace headwater::sqlite {

struct SourceOptions {
  std::string path;
  std::optional<std::vector<std::string>> tables;  ///< nullopt: all.
  /// Tables that `init` and `check` may leave uncaptured with `tables: all`.
  std::vector<std::string> allow_uncaptured{};
  bool snapshot = true;  ///< Publish the existing rows before the first change.
  OnLost on_lost_position = OnLost::stop;
  /// How long log rows are kept once they are durable in the stream, so that a stream that lost its
  /// end can be refilled.
  Milliseconds history = std::chrono::minutes(10);
  std::uint64_t max_change = std::uint64_t{100} << 20U;  ///< Bytes.
  bool gap_for_large = false;  ///< A larger change becomes a gap instead of stopping the relay.
};

/// Fails with config.*.
Result<SourceOptions> read_options(config::Section section);

}  // namespace headwater::sqlite

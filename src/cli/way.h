// The changes between a relay's position and another one.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "src/base/error.h"
#include "src/event/position.h"
#include "src/ports/adapter.h"
#include "src/ports/source.h"

namespace headwater::cli {

struct Way {
  /// The order of the relay's position and the other: less is forward, unordered is unknown.
  std::partial_ordering order = std::partial_ordering::unordered;
  std::optional<std::uint64_t> changes;  ///< Between the two, if the source can count them.
  bool broken = false;                   ///< The feed cannot be resumed at the relay's position.
  std::string database;                  ///< The source of these changes; empty if none.
};

/// Reads a little after both. `words` are the user's name of `to`. Fails if the feed cannot be
/// resumed at `to`. Blocks.
Result<Way> way_between(const SourceAdapter& adapter, Source& source, const Position& from,
                        const Position& to, const std::string& words);

}  // namespace headwater::cli

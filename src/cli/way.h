// What lies between a relay's position and another one.
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
  /// Of the relay's position and the other: less is forward, unordered that it cannot be told.
  std::partial_ordering order = std::partial_ordering::unordered;
  std::optional<std::uint64_t> changes;  ///< Between the two, where the source can count them.
  bool broken = false;                   ///< The feed cannot be taken up at the relay's position.
  std::string database;                  ///< Whose changes they are; empty if there are none.
};

/// Reads a little behind both. `words` are those that named `to`. Fails if the feed cannot be taken
/// up at `to`. Blocks.
Result<Way> way_between(const SourceAdapter& adapter, Source& source, const Position& from,
                        const Position& to, const std::string& words);

}  // namespace headwater::cli

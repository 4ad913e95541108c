// What a person can choose for every source: a snapshot, and what happens to changes that cannot be
// published.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "src/base/error.h"
#include "src/event/change.h"

namespace headwater::sources {

enum class OnLost {
  stop,
  snapshot,  ///< Leave a gap, then read all rows again.
  skip,      ///< Leave a gap, then continue with what still exists.
};

struct LargeChanges {
  OnLarge policy = OnLarge::stop;
  std::uint64_t most = std::uint64_t{100} << 20U;  ///< Bytes in memory.
  /// What else helps, for the error: "take fields away with a $project in `pipeline`".
  std::string other_way{};
};

struct Policies {
  bool snapshot = false;  ///< Publish the rows that exist before the first change.
  OnLost on_lost = OnLost::stop;
  LargeChanges large{};
};

/// Makes a change that is too large small, or fails with `source.change_too_large`. `before` goes
/// first: how a row is now matters more than how it was. A removal keeps only its key. Returns
/// footprint(change).
Result<std::size_t> keep_small(Change& change, const LargeChanges& large);
/// The same for a change known to be too large. `size`: in words, for a person.
Result<void> leave_out_large(Change& change, const std::string& size, const LargeChanges& large);

/// The change that says that what was committed after `lost` is missing.
[[nodiscard]] Change gap_after(const Position& lost, const Error& loss, bool restated);

}  // namespace headwater::sources

// A sequence as databases store it: their largest integers have a sign.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace headwater::client::inbox {

[[nodiscard]] constexpr std::int64_t stored(std::uint64_t sequence) {
  constexpr auto largest = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::min(sequence, static_cast<std::uint64_t>(largest)));
}

}  // namespace headwater::client::inbox

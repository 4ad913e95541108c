// Random choices, and texts that random values are made of.
#pragma once

#include <cstdint>
#include <iterator>
#include <string>

#include "src/base/random.h"

namespace headwater::rig {

/// A number below `below`.
[[nodiscard]] inline std::uint64_t any(Random& random, std::uint64_t below) {
  return random() % below;
}
[[nodiscard]] inline bool one_in(Random& random, std::uint64_t times) {
  return random() % times == 0;
}
template <class List>
[[nodiscard]] const auto& any_of(Random& random, const List& list) {
  return list[random() % std::size(list)];
}

/// A whole number that is not 0, of so many digits at most.
[[nodiscard]] std::string random_digits(Random& random, std::uint64_t most);
/// "-", or nothing.
[[nodiscard]] std::string random_sign(Random& random);
[[nodiscard]] std::string random_hex(Random& random, std::uint64_t bytes);
/// At most ten characters, odd ones among them.
[[nodiscard]] std::string random_text(Random& random);

}  // namespace headwater::rig

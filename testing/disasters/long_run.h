// How much, and from which seed.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace headwater::rig {

/// More of everything, for hours: HEADWATER_LONG=1.
inline bool long_run() { return std::getenv("HEADWATER_LONG") != nullptr; }

/// A seed of the run's own, printed by whoever uses it; HEADWATER_SEED repeats one.
inline std::uint64_t seed() {
  const char* given = std::getenv("HEADWATER_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : 20'261'123;
}

}  // namespace headwater::rig

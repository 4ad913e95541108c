// The amount of work, and the seed of its random numbers.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace headwater::rig {

/// HEADWATER_LONG=1: much more of everything, for hours.
inline bool long_run() { return std::getenv("HEADWATER_LONG") != nullptr; }

/// The number of repetitions.
inline int repeats(int in_a_long_run, int usually) { return long_run() ? in_a_long_run : usually; }

/// The number of kills of whole programs at random moments. Usually a few are enough, because
/// hundreds of short lives are killed as well (lives.h).
inline int kills(int in_a_long_run) { return repeats(in_a_long_run, 25); }

/// The seed; HEADWATER_SEED sets another one.
inline std::uint64_t seed() {
  const char* given = std::getenv("HEADWATER_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : 20'261'123;
}

}  // namespace headwater::rig

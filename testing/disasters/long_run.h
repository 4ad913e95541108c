// How much, and from which seed.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace headwater::rig {

/// More of everything, for hours: HEADWATER_LONG=1.
inline bool long_run() { return std::getenv("HEADWATER_LONG") != nullptr; }

/// How often something is done again.
inline int repeats(int in_a_long_run, int otherwise) {
  return long_run() ? in_a_long_run : otherwise;
}

/// Kills of a whole program at random moments. A few are enough every time: the lives of
/// relay_under_test, which are the same but for the exec, die by the hundred (lives.h).
inline int kills(int in_a_long_run) { return repeats(in_a_long_run, 25); }

/// A seed of the run's own, printed by whoever uses it; HEADWATER_SEED repeats one.
inline std::uint64_t seed() {
  const char* given = std::getenv("HEADWATER_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : 20'261'123;
}

}  // namespace headwater::rig

// What must hold whatever happens outside, checked in every build: a relay that ends is started
// again and repeats nothing, one that goes on with a wrong value publishes it.
#pragma once

namespace headwater {

/// Says what does not hold, and where, on stderr, and ends the process at once.
[[noreturn]] void broken_invariant(const char* what, const char* file, int line);

/// Where it is called is said by the compiler: clang 14 has no std::source_location.
inline void invariant(bool holds, const char* what, const char* file = __builtin_FILE(),
                      int line = __builtin_LINE()) {
  if (!holds) [[unlikely]] {
    broken_invariant(what, file, line);
  }
}

/// For a place that no value leads to.
[[noreturn]] inline void unreachable(const char* why, const char* file = __builtin_FILE(),
                                     int line = __builtin_LINE()) {
  broken_invariant(why, file, line);
}

}  // namespace headwater

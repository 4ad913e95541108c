// Invariants, checked in every build. A relay that ends is restarted and repeats nothing; a relay
// that continues with a wrong value publishes it.
#pragma once

namespace headwater {

/// Prints the broken invariant and its place on stderr and ends the process at once.
[[noreturn]] void broken_invariant(const char* what, const char* file, int line);

/// Compiler builtins give the place of the call: clang 14 has no std::source_location.
inline void invariant(bool holds, const char* what, const char* file = __builtin_FILE(),
                      int line = __builtin_LINE()) {
  if (!holds) [[unlikely]] {
    broken_invariant(what, file, line);
  }
}

/// For code that cannot be reached.
[[noreturn]] inline void unreachable(const char* why, const char* file = __builtin_FILE(),
                                     int line = __builtin_LINE()) {
  broken_invariant(why, file, line);
}

}  // namespace headwater

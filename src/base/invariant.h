// What must hold whatever happens outside, checked in every build: a relay that ends is started
// again and repeats nothing, one that goes on with a wrong value publishes it.
#pragma once

#include <source_location>

namespace headwater {

/// Says what does not hold, and where, on stderr, and ends the process at once.
[[noreturn]] void broken_invariant(const char* what, std::source_location where);

inline void invariant(bool holds, const char* what,
                      std::source_location where = std::source_location::current()) {
  if (!holds) [[unlikely]] {
    broken_invariant(what, where);
  }
}

/// For a place that no value leads to.
[[noreturn]] inline void unreachable(const char* why,
                                     std::source_location where = std::source_location::current()) {
  broken_invariant(why, where);
}

}  // namespace headwater

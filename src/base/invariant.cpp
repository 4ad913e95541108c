#include "src/base/invariant.h"

#include <cstdio>
#include <cstdlib>

namespace headwater {

void broken_invariant(const char* what, const char* file, int line) {
  std::fprintf(stderr,
               "headwater: this does not hold, and must: %s (%s:%d). Nothing more is published. "
               "Please report it; starting again is safe.\n",
               what, file, line);
  std::abort();
}

}  // namespace headwater

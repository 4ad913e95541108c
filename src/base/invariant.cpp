#include "src/base/invariant.h"

#include <cstdio>
#include <cstdlib>

namespace headwater {

void broken_invariant(const char* what, std::source_location where) {
  std::fprintf(stderr,
               "headwater: this does not hold, and must: %s (%s:%u). Nothing more is published. "
               "Please report it; starting again is safe.\n",
               what, where.file_name(), static_cast<unsigned>(where.line()));
  std::abort();
}

}  // namespace headwater

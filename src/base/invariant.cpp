#include "src/base/invariant.h"

#include <cstdio>
#include <cstdlib>

namespace headwater {

void broken_invariant(const char* what, const char* file, int line) {
  std::fprintf(stderr,
               "headwater: broken invariant: %s (%s:%d); nothing more is published; please report "
               "it, restarting is safe\n",
               what, file, line);
  std::abort();
}

}  // namespace headwater

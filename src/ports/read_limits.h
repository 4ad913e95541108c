// How much one read returns at most.
#pragma once

#include <cstddef>

namespace headwater {

/// A read ends at whichever comes first. A change or event larger than `bytes` is returned alone.
struct ReadLimits {
  std::size_t count;
  std::size_t bytes;
};

}  // namespace headwater

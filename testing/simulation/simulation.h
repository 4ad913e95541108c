// One simulated history of a database, a stream, and several relays between them, from a seed.
#pragma once

#include <cstdint>
#include <string>

#include "testing/simulation/stream.h"
#include "testing/simulation/world.h"

namespace headwater::simulation {

struct Outcome {
  std::string
      failure;        ///< The first thing that should never have happened; empty if there is none.
  std::string trace;  ///< All that happened, if asked for.
  Counts counts;
  std::uint64_t takeovers = 0;
  bool gave_up = false;  ///< Something was lost for good, and a relay said so.
};

/// The first twenty seconds are full of accidents; then everything heals, one relay or more is left
/// alive, and all that was committed has to get into the stream.
[[nodiscard]] Outcome simulate(std::uint64_t seed, bool tracing = false,
                               Broken broken = Broken::nothing);

}  // namespace headwater::simulation

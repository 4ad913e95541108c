// One simulated history of a database, a stream, and several relays between them, from a seed.
#pragma once

#include <cstdint>
#include <string>

#include "testing/simulation/stream.h"
#include "testing/simulation/world.h"

namespace headwater::simulation {

struct Outcome {
  std::string failure;  ///< The first violation; empty if there is none.
  std::string trace;    ///< Everything that happened, if requested.
  Counts counts;
  std::uint64_t takeovers = 0;
  std::uint64_t claims = 0;  ///< Takeovers for which the hint was the reason.
  bool gave_up = false;      ///< A relay reported a permanent loss.
};

/// Injects faults for the first twenty simulated seconds. Then all faults end, at least one relay
/// stays alive, and everything that was committed has to reach the stream.
[[nodiscard]] Outcome simulate(std::uint64_t seed, bool tracing = false,
                               Broken broken = Broken::nothing);

}  // namespace headwater::simulation

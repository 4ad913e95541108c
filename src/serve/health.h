// Whether a relay is alive, and whether it does its work: what orchestrators and people ask.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/serve/figures.h"

namespace headwater {

/// Longer than the longest pause between two tries, so that several tries have failed.
inline constexpr std::chrono::seconds long_without_success{15};
/// So long may something wait for the stream, or a call take beyond its time, without progress.
inline constexpr std::chrono::seconds long_without_progress{60};
/// And so long until a new process is the better try.
inline constexpr std::chrono::seconds hopeless_without_progress{300};

/// How long a relay has made no progress although it has something to do and no try has failed: a
/// call hangs. An idle relay and a standby are not stuck. 0: it is not.
[[nodiscard]] std::chrono::seconds stuck_for(const RelayProgress& progress, SteadyTime now);

/// How old the oldest change is that was read and is not in the stream; 0: there is none.
[[nodiscard]] Milliseconds lag_of(const RelayProgress& progress, WallTime now);

struct Health {
  bool well = true;
  std::string words;  ///< One line for each relay.
};

/// Whether a restart would help none of them: a database or broker that is away is no reason.
[[nodiscard]] Health liveness(const std::vector<RelayFigures>& relays, SteadyTime now);
/// Whether each publishes what it has to, or stands by for one that does.
[[nodiscard]] Health readiness(const std::vector<RelayFigures>& relays, SteadyTime now);

/// What is wrong with one relay, in words, or nothing.
[[nodiscard]] std::optional<std::string> trouble_of(const RelayFigures& relay, SteadyTime now);

}  // namespace headwater

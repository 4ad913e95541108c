#include "src/cli/patience.h"

#include <algorithm>
#include <string>

#include "src/base/wait_for.h"
#include "src/cli/log.h"

namespace headwater::cli {
namespace {

constexpr Milliseconds longest_pause{5'000};
// 250 ms, 500 ms, 1 s and 2 s: enough for a server that restarts.
constexpr int most_failures = 5;
// From here on, the pauses stop doubling.
constexpr int most_doublings = 5;

}  // namespace

bool Patience::wait_after(const Error& error) {
  if (error.remedy != Remedy::retry || stop_.stop_requested()) return false;
  ++failures_;
  if (!endless_ && failures_ >= most_failures) return false;
  const int doublings = std::min(failures_ - 1, most_doublings);
  const Milliseconds pause = std::min(first_pause_ * (1 << doublings), longest_pause);
  if (lines_.due(error.name, pause, clock_.steady())) {
    log_.write(LogLevel::warn, "", "command.retrying",
               error.message + "; retrying in " + std::to_string(pause.count()) + " ms",
               {{"error", error.name}, {"delay_ms", pause.count()}});
  }
  return wait_for(pause, stop_);
}

}  // namespace headwater::cli

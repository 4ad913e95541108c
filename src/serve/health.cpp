#include "src/serve/health.h"

#include <algorithm>

namespace headwater {
namespace {

std::chrono::seconds since(SteadyTime begun, SteadyTime now) {
  return std::chrono::floor<std::chrono::seconds>(now - begun);
}

std::string words_for(std::chrono::seconds span) { return std::to_string(span.count()) + " s"; }

std::string state_in_words(RelayState state) {
  if (state == RelayState::standing_by) return "standing by: another relay leads";
  return word_for(state);
}

}  // namespace

std::chrono::seconds stuck_for(const RelayProgress& progress, SteadyTime now) {
  std::chrono::seconds longest{0};
  if (progress.waiting_since && !progress.retrying) longest = since(*progress.waiting_since, now);
  if (progress.overdue_since) longest = std::max(longest, since(*progress.overdue_since, now));
  return longest >= long_without_progress ? longest : std::chrono::seconds(0);
}

Milliseconds lag_of(const RelayProgress& progress, WallTime now) {
  if (!progress.oldest_waiting) return Milliseconds(0);
  return std::max(now - *progress.oldest_waiting, Milliseconds(0));
}

std::optional<std::string> trouble_of(const RelayFigures& relay, SteadyTime now) {
  const RelayProgress& progress = relay.progress;
  if (!relay.error.empty()) return "failed: " + relay.error;
  if (const auto stuck = stuck_for(progress, now); stuck.count() > 0) {
    return "stuck: no progress for " + words_for(stuck) + " although there is work";
  }
  if (progress.retrying) {
    const auto span = since(progress.retrying->since, now);
    if (span >= long_without_success) {
      return "retrying: " + progress.retrying->error + " for " + words_for(span);
    }
  }
  if (progress.state == RelayState::starting) return "starting";
  return std::nullopt;
}

Health readiness(const std::vector<RelayFigures>& relays, SteadyTime now) {
  Health health;
  for (const RelayFigures& each : relays) {
    const auto trouble = trouble_of(each, now);
    if (trouble) health.well = false;
    health.words +=
        each.relay + ": " + trouble.value_or(state_in_words(each.progress.state)) + "\n";
  }
  return health;
}

Health liveness(const std::vector<RelayFigures>& relays, SteadyTime now) {
  Health health;
  for (const RelayFigures& each : relays) {
    const bool hopeless = stuck_for(each.progress, now) >= hopeless_without_progress;
    if (each.error.empty() && !hopeless) continue;
    health.well = false;
    health.words += each.relay + ": " + trouble_of(each, now).value_or("") + "\n";
  }
  if (health.well) health.words = "ok\n";
  return health;
}

}  // namespace headwater

#include "src/cli/progress.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "src/base/grouped.h"
#include "src/cli/log.h"
#include "src/cli/print.h"
#include "src/cli/running_relay.h"

namespace headwater::cli {
namespace {

// As often as the log shows retries.
constexpr std::chrono::seconds between_lines_in_vain{30};

std::string snapshot_line(const SnapshotProgress& snapshot) {
  const std::string bar =
      snapshot.total > 0 ? progress_bar(snapshot.done, snapshot.total) + "  " : "";
  const std::string of_all = snapshot.total > 0 ? " of " + grouped(snapshot.total) : "";
  return bar + "snapshot of " + snapshot.table + ", " + grouped(snapshot.done) + of_all + " rows, ";
}

}  // namespace

std::string progress_bar(std::uint64_t done, std::uint64_t total) {
  constexpr std::size_t width = 20;
  const double part =
      total == 0 ? 1.0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto filled = static_cast<std::size_t>(part * static_cast<double>(width));
  std::string percent = std::to_string(static_cast<int>(std::floor(part * 100)));
  percent.insert(0, 3 - percent.size(), ' ');
  return "[" + std::string(filled, '#') + std::string(width - filled, ' ') + "] " + percent + " %";
}

std::string progress_line(const RelayProgress& now, double rate, bool until_current) {
  std::string text;
  if (now.snapshot) {
    text = snapshot_line(*now.snapshot);
  } else if (until_current && now.backlog) {
    text = progress_bar(now.events_appended, now.events_appended + *now.backlog) + "  ";
  }
  text +=
      grouped(now.events_appended) + " events, " + grouped(static_cast<std::uint64_t>(rate)) + "/s";
  if (now.backlog) text += ", backlog " + grouped(*now.backlog);
  return text + ", at event " + std::to_string(now.tail_sequence);
}

Progress::Progress(bool until_current, const Clock& clock, Log& log)
    : until_current_(until_current), clock_(clock), log_(log), began_(clock.steady()) {}

Milliseconds Progress::interval() const {
  constexpr Milliseconds on_a_terminal{500};
  constexpr Milliseconds in_a_log{10'000};
  return log_.live() ? on_a_terminal : in_a_log;
}

void Progress::show(const std::vector<const RunningRelay*>& relays) {
  std::string status;
  std::map<const RunningRelay*, Seen> seen_now;
  for (const RunningRelay* const relay : relays) {
    const auto known = seen_.find(relay);
    Seen& seen = seen_now[relay];
    seen = known == seen_.end() ? Seen{.events = 0, .at = began_, .said = {}} : known->second;
    const RelayProgress now = relay->progress();
    if (now.state == RelayState::starting || now.state == RelayState::ended) continue;
    const SteadyTime time = clock_.steady();
    const std::chrono::duration<double> span = time - seen.at;
    const std::uint64_t events = now.events_appended - seen.events;
    const double rate = span.count() > 0 ? static_cast<double>(events) / span.count() : 0;
    const bool in_vain = now.retrying && time - seen.said >= between_lines_in_vain;
    seen.events = now.events_appended;
    seen.at = time;
    const std::string words = progress_line(now, rate, until_current_);
    if (log_.live()) {
      status += (status.empty() ? "" : " | ") + relay->name() + ": " + words;
    } else if (events > 0 || in_vain) {
      seen.said = time;
      Fields fields{{"events", now.events_appended},
                    {"rate", std::llround(rate)},
                    {"tail", now.tail_sequence},
                    {"queue_bytes", now.queue_bytes}};
      if (now.backlog) fields.set("backlog", *now.backlog);
      if (now.retrying) {
        const auto in_vain_for =
            std::chrono::floor<std::chrono::seconds>(time - now.retrying->since);
        fields.set("retrying_seconds", in_vain_for.count());
      }
      if (now.snapshot) {
        fields.set("snapshot_rows", now.snapshot->done);
        if (now.snapshot->total > 0) fields.set("snapshot_total", now.snapshot->total);
      }
      log_.write(LogLevel::info, relay->name(), "relay.progress", words, fields);
    }
  }
  seen_ = std::move(seen_now);
  began_ = clock_.steady();
  log_.show_status(status);
}

}  // namespace headwater::cli

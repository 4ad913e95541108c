#include "src/cli/progress.h"

#include <algorithm>
#include <cmath>

#include "src/cli/print.h"

namespace headwater::cli {

std::string progress_bar(std::uint64_t done, std::uint64_t total) {
  constexpr std::size_t width = 20;
  const double part =
      total == 0 ? 1.0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto filled = static_cast<std::size_t>(part * static_cast<double>(width));
  std::string percent = std::to_string(static_cast<int>(std::floor(part * 100)));
  percent.insert(0, 3 - percent.size(), ' ');
  return "[" + std::string(filled, '#') + std::string(width - filled, ' ') + "] " + percent + " %";
}

Progress::Progress(const std::vector<std::unique_ptr<RunningRelay>>& relays, bool until_current,
                   const Clock& clock, Log& log)
    : relays_(relays),
      until_current_(until_current),
      clock_(clock),
      log_(log),
      seen_(relays.size(), Seen{.events = 0, .at = clock.steady()}) {}

Milliseconds Progress::interval() const {
  constexpr Milliseconds on_a_terminal{500};
  constexpr Milliseconds in_a_log{10'000};
  return log_.live() ? on_a_terminal : in_a_log;
}

std::string Progress::line(const RelayProgress& now, double rate) const {
  std::string text;
  if (now.snapshot) {
    if (now.snapshot->total > 0) {
      text += progress_bar(now.snapshot->done, now.snapshot->total) + "  ";
    }
    text += "snapshot of " + now.snapshot->table + ", " + grouped(now.snapshot->done) + " rows, ";
  } else if (until_current_ && now.backlog) {
    text = progress_bar(now.events_appended, now.changes_read + *now.backlog) + "  ";
  }
  text +=
      grouped(now.events_appended) + " events, " + grouped(static_cast<std::uint64_t>(rate)) + "/s";
  if (now.backlog) text += ", backlog " + grouped(*now.backlog);
  return text + ", at event " + std::to_string(now.tail_sequence);
}

void Progress::show() {
  std::string status;
  for (std::size_t i = 0; i < relays_.size(); ++i) {
    const auto now = relays_[i]->progress();
    if (!now) continue;
    const SteadyTime time = clock_.steady();
    const std::chrono::duration<double> span = time - seen_[i].at;
    const std::uint64_t events = now->events_appended - seen_[i].events;
    const double rate = span.count() > 0 ? static_cast<double>(events) / span.count() : 0;
    seen_[i] = {.events = now->events_appended, .at = time};
    if (log_.live()) {
      status += (status.empty() ? "" : " | ") + relays_[i]->name() + ": " + line(*now, rate);
    } else if (events > 0) {
      Fields fields{{"events", now->events_appended},
                    {"rate", std::llround(rate)},
                    {"tail", now->tail_sequence},
                    {"queue_bytes", now->queue_bytes}};
      if (now->backlog) fields["backlog"] = *now->backlog;
      if (now->snapshot) {
        fields["snapshot_rows"] = now->snapshot->done;
        fields["snapshot_total"] = now->snapshot->total;
      }
      log_.write(LogLevel::info, relays_[i]->name(), "relay.progress", line(*now, rate), fields);
    }
  }
  log_.show_status(status);
}

}  // namespace headwater::cli

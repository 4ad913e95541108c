#include "src/serve/families.h"

#include <array>
#include <chrono>
#include <optional>
#include <utility>

namespace headwater {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::array<std::pair<RelayState, const char*>, 4> states{
    {{RelayState::starting, "starting"},
     {RelayState::leading, "leading"},
     {RelayState::standing_by, "standing_by"},
     {RelayState::ended, "ended"}}};

/// One figure of each relay that has it.
template <class Read>
MetricFamily family(const char* name, const char* help, MetricType type,
                    const std::vector<RelayFigures>& relays, const Read& read) {
  MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  for (const RelayFigures& each : relays) {
    const std::optional<double> value = read(each.progress);
    if (!value) continue;
    ClientMetric metric;
    metric.label = {{"relay", each.relay}};
    (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = *value;
    family.metric.push_back(std::move(metric));
  }
  return family;
}

MetricFamily state_family(const std::vector<RelayFigures>& relays) {
  MetricFamily family;
  family.name = "headwater_relay_state";
  family.help = "1 for the state the relay is in, 0 for the others.";
  family.type = MetricType::Gauge;
  for (const RelayFigures& each : relays) {
    for (const auto& [state, word] : states) {
      ClientMetric metric;
      metric.label = {{"relay", each.relay}, {"state", word}};
      metric.gauge.value = each.progress.state == state ? 1 : 0;
      family.metric.push_back(std::move(metric));
    }
  }
  return family;
}

template <class Number>
std::optional<double> number(Number value) {
  return static_cast<double>(value);
}

}  // namespace

std::vector<MetricFamily> to_families(const std::vector<RelayFigures>& relays, SteadyTime now) {
  using P = RelayProgress;
  const auto counter = [&](const char* name, const char* help, auto read) {
    return family(name, help, MetricType::Counter, relays, read);
  };
  const auto gauge = [&](const char* name, const char* help, auto read) {
    return family(name, help, MetricType::Gauge, relays, read);
  };
  return {counter("headwater_changes_read_total", "Changes read from the source.",
                  [](const P& p) { return number(p.changes_read); }),
          counter("headwater_events_appended_total", "Events durable in the stream.",
                  [](const P& p) { return number(p.events_appended); }),
          counter("headwater_appended_bytes_total", "Size of those events in memory.",
                  [](const P& p) { return number(p.bytes_appended); }),
          counter("headwater_appends_total", "Appends, including those without events.",
                  [](const P& p) { return number(p.appends); }),
          counter("headwater_conflicts_total", "Appends rejected because another relay was first.",
                  [](const P& p) { return number(p.conflicts); }),
          counter("headwater_retries_total", "Failures that were retried.",
                  [](const P& p) { return number(p.retries); }),
          gauge("headwater_tail_sequence", "The relay's last event in the stream.",
                [](const P& p) { return number(p.tail_sequence); }),
          gauge("headwater_backlog_changes", "Changes committed and not yet in the stream.",
                [](const P& p) { return p.backlog ? number(*p.backlog) : std::nullopt; }),
          gauge("headwater_retrying_seconds", "How long every try has failed; 0 if none does.",
                [now](const P& p) {
                  using Seconds = std::chrono::duration<double>;
                  return p.retrying ? number(Seconds(now - p.retrying->since).count()) : number(0);
                }),
          gauge("headwater_queue_bytes", "Changes and events on their way through the relay.",
                [](const P& p) { return number(p.queue_bytes); }),
          gauge("headwater_snapshot_rows_done", "Rows read in the current snapshot.",
                [](const P& p) { return p.snapshot ? number(p.snapshot->done) : std::nullopt; }),
          gauge("headwater_snapshot_rows_total", "Estimated rows of the current snapshot.",
                [](const P& p) {
                  return p.snapshot && p.snapshot->total > 0 ? number(p.snapshot->total)
                                                             : std::nullopt;
                }),
          state_family(relays)};
}

}  // namespace headwater

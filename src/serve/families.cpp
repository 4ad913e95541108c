#include "src/serve/families.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "src/base/histogram.h"
#include "src/serve/health.h"

namespace headwater {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using P = RelayProgress;
using Counts = std::map<std::string, std::uint64_t, std::less<>>;

constexpr std::array states{RelayState::starting, RelayState::leading, RelayState::standing_by,
                            RelayState::ended};

/// One metric for each unit, because a sum or a maximum over several units says nothing.
constexpr std::array<std::pair<SourceLag::Unit, const char*>, 2> lag_names{
    {{SourceLag::Unit::seconds, "headwater_source_lag_seconds"},
     {SourceLag::Unit::bytes, "headwater_source_lag_bytes"}}};

template <class Number>
std::optional<double> number(Number value) {
  return static_cast<double>(value);
}

template <class Span>
std::optional<double> seconds(Span span) {
  return std::chrono::duration<double>(span).count();
}

/// Makes families of one figure of each relay.
class Families {
 public:
  explicit Families(const std::vector<RelayFigures>& relays) : relays_(relays) {}

  /// `read` returns the value, or nothing.
  template <class Read>
  [[nodiscard]] MetricFamily counter(const char* name, const char* help, const Read& read) const {
    return one_value(name, help, MetricType::Counter, read);
  }
  template <class Read>
  [[nodiscard]] MetricFamily gauge(const char* name, const char* help, const Read& read) const {
    return one_value(name, help, MetricType::Gauge, read);
  }
  /// One series for each name in the counts.
  [[nodiscard]] MetricFamily counters(const char* name, const char* help, const char* label,
                                      Counts P::*counts) const {
    MetricFamily family = empty(name, help, MetricType::Counter);
    for (const RelayFigures& each : relays_) {
      for (const auto& [word, count] : each.progress.*counts) {
        ClientMetric& metric = add(family, each);
        metric.label.push_back({label, word});
        metric.counter.value = static_cast<double>(count);
      }
    }
    return family;
  }
  [[nodiscard]] MetricFamily histogram(const char* name, const char* help,
                                       Histogram RelayDelays::*which) const {
    MetricFamily family = empty(name, help, MetricType::Histogram);
    for (const RelayFigures& each : relays_) {
      const Histogram& histogram = each.progress.delays.*which;
      auto& to = add(family, each).histogram;
      for (std::size_t i = 0; i < histogram.counts().size(); ++i) {
        to.sample_count += histogram.counts().at(i);
        if (i == Histogram::bounds.size()) break;
        to.bucket.push_back(
            {.cumulative_count = to.sample_count, .upper_bound = Histogram::bounds.at(i).count()});
      }
      to.sample_sum = histogram.sum().count();
    }
    return family;
  }
  [[nodiscard]] MetricFamily state() const {
    MetricFamily family =
        empty("headwater_relay_state", "1 for the state the relay is in, 0 for the others.",
              MetricType::Gauge);
    for (const RelayFigures& each : relays_) {
      for (const RelayState state : states) {
        ClientMetric& metric = add(family, each);
        metric.label.push_back({"state", word_for(state)});
        metric.gauge.value = each.progress.state == state ? 1 : 0;
      }
    }
    return family;
  }

 private:
  static MetricFamily empty(const char* name, const char* help, MetricType type) {
    MetricFamily family;
    family.name = name;
    family.help = help;
    family.type = type;
    return family;
  }
  static ClientMetric& add(MetricFamily& family, const RelayFigures& relay) {
    ClientMetric& metric = family.metric.emplace_back();
    metric.label.push_back({"relay", relay.relay});
    return metric;
  }
  template <class Read>
  [[nodiscard]] MetricFamily one_value(const char* name, const char* help, MetricType type,
                                       const Read& read) const {
    MetricFamily family = empty(name, help, type);
    for (const RelayFigures& each : relays_) {
      const std::optional<double> value = read(each);
      if (!value) continue;
      ClientMetric& metric = add(family, each);
      (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = *value;
    }
    return family;
  }

  const std::vector<RelayFigures>& relays_;
};

/// A figure of the progress.
template <class Number>
auto of(Number P::*figure) {
  return [figure](const RelayFigures& each) { return number(each.progress.*figure); };
}

MetricFamily build_info(const Process& process) {
  MetricFamily family;
  family.name = "headwater_build_info";
  family.help = "1, with the version of the program.";
  family.type = MetricType::Gauge;
  ClientMetric& metric = family.metric.emplace_back();
  metric.label.push_back({"version", process.version});
  metric.gauge.value = 1;
  return family;
}

/// What has happened since the process began.
void add_counters(std::vector<MetricFamily>& to, const Families& make) {
  to.push_back(make.counter("headwater_changes_read_total", "Changes read from the source.",
                            of(&P::changes_read)));
  to.push_back(make.counter("headwater_events_appended_total", "Events durable in the stream.",
                            of(&P::events_appended)));
  to.push_back(make.counter("headwater_appended_bytes_total", "Size of those events in memory.",
                            of(&P::bytes_appended)));
  to.push_back(make.counter("headwater_appends_total", "Appends, including those without events.",
                            of(&P::appends)));
  to.push_back(make.counter("headwater_conflicts_total",
                            "Appends rejected because another relay was first.",
                            of(&P::conflicts)));
  to.push_back(make.counter("headwater_takeovers_total",
                            "Times this relay took over from another one.", of(&P::takeovers)));
  to.push_back(make.counters("headwater_retries_total", "Failures that were retried, by error.",
                             "error", &P::retries));
  to.push_back(make.counters("headwater_gaps_total", "Gap events published, by reason.", "reason",
                             &P::gaps));
  to.push_back(make.histogram("headwater_append_duration_seconds",
                              "How long an append to the stream took.", &RelayDelays::append));
  to.push_back(make.histogram("headwater_read_delay_seconds",
                              "From a change's commit until the relay had read it.",
                              &RelayDelays::read));
  to.push_back(make.histogram("headwater_publish_delay_seconds",
                              "From a change's commit until its event was durable in the stream.",
                              &RelayDelays::publish));
}

/// Whether it does its work.
void add_health(std::vector<MetricFamily>& to, const Families& make, SteadyTime now) {
  to.push_back(make.state());
  to.push_back(make.gauge("headwater_relay_state_start_time_seconds",
                          "Since when it is in that state, in seconds since 1970.",
                          [](const RelayFigures& each) {
                            return seconds(each.progress.state_since.time_since_epoch());
                          }));
  to.push_back(make.gauge("headwater_failed", "1 if the relay has ended with an error.",
                          [](const RelayFigures& each) { return number(!each.error.empty()); }));
  to.push_back(make.gauge("headwater_stuck",
                          "1 if there is work, no try fails, and nothing has moved for a minute.",
                          [now](const RelayFigures& each) {
                            return number(stuck_for(each.progress, now).count() > 0);
                          }));
  to.push_back(make.gauge("headwater_retrying_seconds",
                          "How long every try has failed; 0 if none does.",
                          [now](const RelayFigures& each) {
                            const auto& retrying = each.progress.retrying;
                            return retrying ? seconds(now - retrying->since) : number(0);
                          }));
}

/// How far it is.
void add_place(std::vector<MetricFamily>& to, const Families& make, WallTime now) {
  to.push_back(
      make.gauge("headwater_lag_seconds",
                 "Age of the oldest change read and not yet in the stream; 0 if there is none.",
                 [now](const RelayFigures& each) { return seconds(lag_of(each.progress, now)); }));
  to.push_back(make.gauge("headwater_backlog_changes",
                          "Changes committed and not yet in the stream.",
                          [](const RelayFigures& each) {
                            const auto& backlog = each.progress.backlog;
                            return backlog ? number(*backlog) : std::nullopt;
                          }));
  for (const auto& [unit, name] : lag_names) {
    to.push_back(make.gauge(name, "How far the source is ahead of the relay's last event.",
                            [unit = unit](const RelayFigures& each) {
                              const auto& lag = each.progress.source_lag;
                              return lag && lag->unit == unit ? number(lag->amount) : std::nullopt;
                            }));
  }
  to.push_back(make.gauge("headwater_seconds_until_loss",
                          "How long until the source forgets what the relay still needs.",
                          [](const RelayFigures& each) {
                            const auto& left = each.progress.until_loss;
                            return left ? seconds(*left) : std::nullopt;
                          }));
  to.push_back(make.gauge("headwater_tail_sequence", "The relay's last event in the stream.",
                          of(&P::tail_sequence)));
  to.push_back(make.gauge("headwater_queue_bytes",
                          "Changes and events on their way through the relay.",
                          of(&P::queue_bytes)));
  to.push_back(make.gauge("headwater_snapshot_rows_done", "Rows read in the current snapshot.",
                          [](const RelayFigures& each) {
                            const auto& snapshot = each.progress.snapshot;
                            return snapshot ? number(snapshot->done) : std::nullopt;
                          }));
  to.push_back(make.gauge("headwater_snapshot_rows_total",
                          "Estimated rows of the current snapshot.", [](const RelayFigures& each) {
                            const auto& snapshot = each.progress.snapshot;
                            return snapshot && snapshot->total > 0 ? number(snapshot->total)
                                                                   : std::nullopt;
                          }));
}

/// What the stream holds, and what it has room for.
void add_room(std::vector<MetricFamily>& to, const Families& make) {
  to.push_back(make.gauge("headwater_stream_history_seconds",
                          "Age of the oldest event that the stream still has.",
                          [](const RelayFigures& each) {
                            const auto& history = each.progress.stream_room.history;
                            return history ? seconds(*history) : std::nullopt;
                          }));
  to.push_back(make.gauge("headwater_stream_room_bytes",
                          "How much the stream takes before it refuses appends.",
                          [](const RelayFigures& each) {
                            const auto& bytes = each.progress.stream_room.bytes;
                            return bytes ? number(*bytes) : std::nullopt;
                          }));
}

}  // namespace

const char* word_for(RelayState state) {
  switch (state) {
    case RelayState::starting:
      return "starting";
    case RelayState::leading:
      return "leading";
    case RelayState::standing_by:
      return "standing_by";
    case RelayState::ended:
      break;
  }
  return "ended";
}

std::vector<MetricFamily> to_families(const Process& process,
                                      const std::vector<RelayFigures>& relays, const Clock& clock) {
  std::vector<MetricFamily> families{build_info(process)};
  const Families make(relays);
  add_counters(families, make);
  add_health(families, make, clock.steady());
  add_place(families, make, clock.wall());
  add_room(families, make);
  return families;
}

}  // namespace headwater

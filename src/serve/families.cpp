#include "src/serve/families.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

#include "src/base/histogram.h"
#include "src/serve/family_maker.h"
#include "src/serve/health.h"

namespace headwater {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using P = RelayProgress;

constexpr std::array states{RelayState::starting, RelayState::leading, RelayState::standing_by,
                            RelayState::ended};

/// One metric for each unit, because a sum or a maximum over several units says nothing.
constexpr std::array<std::pair<SourceLag::Unit, const char*>, 2> lag_names{
    {{SourceLag::Unit::seconds, "headwater_source_lag_seconds"},
     {SourceLag::Unit::bytes, "headwater_source_lag_bytes"}}};

using RelayMaker = FamilyMaker<RelayFigures>;

RelayMaker::Labels labels_of(const RelayFigures& figures) { return {{"relay", figures.relay}}; }

MetricFamily histogram(const RelayMaker& make, const char* name, const char* help,
                       Histogram RelayDelays::*which) {
  return make.family(name, help, MetricType::Histogram,
                     [which](const RelayFigures& each, const auto& add) {
                       const Histogram& histogram = each.progress.delays.*which;
                       auto& to = add().histogram;
                       for (std::size_t i = 0; i < histogram.counts().size(); ++i) {
                         to.sample_count += histogram.counts().at(i);
                         if (i == Histogram::bounds.size()) break;
                         to.bucket.push_back({.cumulative_count = to.sample_count,
                                              .upper_bound = Histogram::bounds.at(i).count()});
                       }
                       to.sample_sum = histogram.sum().count();
                     });
}

MetricFamily states_of(const RelayMaker& make) {
  return make.family("headwater_relay_state", "1 for the state the relay is in, 0 for the others.",
                     MetricType::Gauge, [](const RelayFigures& each, const auto& add) {
                       for (const RelayState state : states) {
                         ClientMetric& metric = add();
                         metric.label.push_back({"state", word_for(state)});
                         metric.gauge.value = each.progress.state == state ? 1 : 0;
                       }
                     });
}

/// A figure of the progress.
template <class Number>
auto of(Number P::*figure) {
  return [figure](const RelayFigures& each) { return number(each.progress.*figure); };
}

auto by_name(RelayMaker::Counts P::*counts) {
  return [counts](const RelayFigures& each) -> const RelayMaker::Counts& {
    return each.progress.*counts;
  };
}

/// What has happened since the process began.
void add_counters(std::vector<MetricFamily>& to, const RelayMaker& make) {
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
                             "error", by_name(&P::retries)));
  to.push_back(make.counters("headwater_gaps_total", "Gap events published, by reason.", "reason",
                             by_name(&P::gaps)));
  to.push_back(histogram(make, "headwater_append_duration_seconds",
                         "How long an append to the stream took.", &RelayDelays::append));
  to.push_back(histogram(make, "headwater_read_delay_seconds",
                         "From a change's commit until the relay had read it.",
                         &RelayDelays::read));
  to.push_back(histogram(make, "headwater_publish_delay_seconds",
                         "From a change's commit until its event was durable in the stream.",
                         &RelayDelays::publish));
}

/// Whether it does its work.
void add_health(std::vector<MetricFamily>& to, const RelayMaker& make, SteadyTime now) {
  to.push_back(states_of(make));
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
void add_place(std::vector<MetricFamily>& to, const RelayMaker& make, WallTime now) {
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
                            const auto& left = each.progress.until_loss.time;
                            return left ? seconds(*left) : std::nullopt;
                          }));
  to.push_back(make.gauge("headwater_bytes_until_loss",
                          "How much more log until the source forgets what the relay still needs.",
                          [](const RelayFigures& each) {
                            const auto& left = each.progress.until_loss.bytes;
                            return left ? number(*left) : std::nullopt;
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
  to.push_back(make.gauge(
      "headwater_snapshot_tables_done",
      "Tables of the current snapshot that were read to their ends.", [](const RelayFigures& each) {
        const auto& snapshot = each.progress.snapshot;
        return snapshot && snapshot->tables_total > 0 ? number(snapshot->tables_done)
                                                      : std::nullopt;
      }));
  to.push_back(make.gauge("headwater_snapshot_tables_total", "Tables of the current snapshot.",
                          [](const RelayFigures& each) {
                            const auto& snapshot = each.progress.snapshot;
                            return snapshot && snapshot->tables_total > 0
                                       ? number(snapshot->tables_total)
                                       : std::nullopt;
                          }));
}

/// What the stream holds, and what it has room for.
void add_room(std::vector<MetricFamily>& to, const RelayMaker& make) {
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
  const RelayMaker make(relays, &labels_of);
  add_counters(families, make);
  add_health(families, make, clock.steady());
  add_place(families, make, clock.wall());
  add_room(families, make);
  return families;
}

}  // namespace headwater

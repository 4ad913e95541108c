#include "src/serve/consumer_figures.h"

#include <chrono>
#include <utility>

#include "src/serve/families.h"
#include "src/serve/family_maker.h"

namespace headwater {
namespace {

using prometheus::MetricFamily;
using ConsumerMaker = FamilyMaker<ConsumerFigures>;

ConsumerMaker::Labels labels_of(const ConsumerFigures& figures) {
  return {{"relay", figures.relay}, {"consumer", figures.consumer}};
}

/// How long nothing has succeeded; nothing: the last thing did.
std::optional<SteadyTime::duration> failing_for(const ConsumerFigures& figures, SteadyTime now) {
  const auto& since = figures.progress.trouble_since;
  return since ? std::optional(now - *since) : std::nullopt;
}

/// What is wrong, in words, or nothing.
std::optional<std::string> trouble_of(const ConsumerFigures& figures, SteadyTime now) {
  if (!figures.started) return "starting";
  const auto failing = failing_for(figures, now);
  if (!failing || *failing < long_without_success) return std::nullopt;
  const auto span = std::chrono::floor<std::chrono::seconds>(*failing);
  return "retrying: " + figures.progress.trouble + " for " + std::to_string(span.count()) + " s";
}

/// What has happened since the process began.
void add_counters(std::vector<MetricFamily>& to, const ConsumerMaker& make) {
  to.push_back(
      make.counter("headwater_consumer_events_handled_total",
                   "Events handled, replayed dead letters among them.",
                   [](const ConsumerFigures& each) { return number(each.progress.handled); }));
  to.push_back(
      make.counters("headwater_consumer_retries_total",
                    "Failures of the handler or a stream after which it was tried again, by error.",
                    "error", [](const ConsumerFigures& each) -> const ConsumerMaker::Counts& {
                      return each.progress.retries;
                    }));
  to.push_back(make.counters("headwater_consumer_dead_letters_total",
                             "Events that became dead letters, by error.", "error",
                             [](const ConsumerFigures& each) -> const ConsumerMaker::Counts& {
                               return each.progress.causes;
                             }));
  to.push_back(make.counter(
      "headwater_consumer_handler_restarts_total", "How often the program was started again.",
      [](const ConsumerFigures& each) { return number(each.handler_restarts); }));
}

/// How far it is.
void add_place(std::vector<MetricFamily>& to, const ConsumerMaker& make, SteadyTime now) {
  to.push_back(make.gauge("headwater_consumer_acknowledged_sequence",
                          "The last event up to which all are handled.",
                          [](const ConsumerFigures& each) {
                            return each.started ? number(each.progress.acknowledged) : std::nullopt;
                          }));
  to.push_back(make.gauge("headwater_consumer_lag_events", "Events after that one.",
                          [](const ConsumerFigures& each) {
                            return each.lag ? number(each.lag->events) : std::nullopt;
                          }));
  to.push_back(make.gauge("headwater_consumer_lag_seconds",
                          "Age of the first of them; 0 if there is none.",
                          [](const ConsumerFigures& each) {
                            return each.lag ? seconds(each.lag->time) : std::nullopt;
                          }));
  to.push_back(make.gauge("headwater_consumer_dead_letters_open",
                          "Dead letters that nobody has replayed or dropped.",
                          [](const ConsumerFigures& each) {
                            const auto& open = each.progress.letters_open;
                            return open ? number(*open) : std::nullopt;
                          }));
  to.push_back(make.gauge("headwater_consumer_retrying_seconds",
                          "How long nothing has succeeded; 0 if the last try did.",
                          [now](const ConsumerFigures& each) {
                            const auto failing = failing_for(each, now);
                            return failing ? seconds(*failing) : number(0);
                          }));
}

}  // namespace

std::vector<MetricFamily> consumer_families(const Process& process, const ConsumerFigures& figures,
                                            SteadyTime now) {
  const std::vector<ConsumerFigures> all{figures};
  const ConsumerMaker make(all, &labels_of);
  std::vector<MetricFamily> families{build_info(process)};
  add_counters(families, make);
  add_place(families, make, now);
  return families;
}

Health consumer_readiness(const ConsumerFigures& figures, SteadyTime now) {
  const auto trouble = trouble_of(figures, now);
  return {.well = !trouble.has_value(),
          .words = figures.consumer + ": " + trouble.value_or("consuming") + "\n"};
}

Json consumer_status(const Process& process, const ConsumerFigures& figures, const Clock& clock) {
  const consumer::Progress& progress = figures.progress;
  const auto trouble = trouble_of(figures, clock.steady());
  Json json{{"consumer", figures.consumer},
            {"relay", figures.relay},
            {"ready", !trouble.has_value()},
            {"stream", figures.stream},
            {"acknowledged", progress.acknowledged},
            {"events_handled", progress.handled},
            {"retries", counts_by_name(progress.retries)},
            {"dead_letters", counts_by_name(progress.causes)},
            {"handler_restarts", figures.handler_restarts}};
  if (trouble) json.set("trouble", *trouble);
  if (progress.letters_open) json.set("dead_letters_open", *progress.letters_open);
  if (figures.lag) {
    json.set("lag_events", figures.lag->events);
    json.set("lag_seconds", std::chrono::duration<double>(figures.lag->time).count());
  }
  Json all = Json::array();
  all.push_back(std::move(json));
  Json status = to_status(process, {}, clock);
  status.set("consumers", std::move(all));
  return status;
}

}  // namespace headwater

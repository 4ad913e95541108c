// Makes families of metrics: one figure of each of several things.
#pragma once

#include <prometheus/metric_family.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace headwater {

template <class Number>
[[nodiscard]] std::optional<double> number(Number value) {
  return static_cast<double>(value);
}

template <class Span>
[[nodiscard]] std::optional<double> seconds(Span span) {
  return std::chrono::duration<double>(span).count();
}

/// `Figures` are those of one thing, such as a relay.
template <class Figures>
class FamilyMaker {
 public:
  using Counts = std::map<std::string, std::uint64_t, std::less<>>;
  using Labels = std::vector<prometheus::ClientMetric::Label>;

  /// `all` must outlive it. `labels` says whose figures they are.
  FamilyMaker(const std::vector<Figures>& all, Labels (*labels)(const Figures&))
      : all_(all), labels_(labels) {}

  /// `read` returns the value, or nothing if it is unknown.
  template <class Read>
  [[nodiscard]] prometheus::MetricFamily counter(const char* name, const char* help,
                                                 const Read& read) const {
    return one_value(name, help, prometheus::MetricType::Counter, read);
  }
  template <class Read>
  [[nodiscard]] prometheus::MetricFamily gauge(const char* name, const char* help,
                                               const Read& read) const {
    return one_value(name, help, prometheus::MetricType::Gauge, read);
  }
  /// One series for each name in the counts.
  template <class Read>
  [[nodiscard]] prometheus::MetricFamily counters(const char* name, const char* help,
                                                  const char* label, const Read& read) const {
    return family(name, help, prometheus::MetricType::Counter,
                  [&](const Figures& each, const auto& add) {
                    const Counts& counts = read(each);
                    for (const auto& [word, count] : counts) {
                      prometheus::ClientMetric& metric = add();
                      metric.label.push_back({label, word});
                      metric.counter.value = static_cast<double>(count);
                    }
                  });
  }
  /// `fill` is called with the figures, and a function that returns a new series for them.
  template <class Fill>
  [[nodiscard]] prometheus::MetricFamily family(const char* name, const char* help,
                                                prometheus::MetricType type,
                                                const Fill& fill) const {
    prometheus::MetricFamily family;
    family.name = name;
    family.help = help;
    family.type = type;
    for (const Figures& each : all_) {
      fill(each, [&]() -> prometheus::ClientMetric& {
        prometheus::ClientMetric& metric = family.metric.emplace_back();
        metric.label = labels_(each);
        return metric;
      });
    }
    return family;
  }

 private:
  template <class Read>
  [[nodiscard]] prometheus::MetricFamily one_value(const char* name, const char* help,
                                                   prometheus::MetricType type,
                                                   const Read& read) const {
    return family(name, help, type, [&](const Figures& each, const auto& add) {
      const std::optional<double> value = read(each);
      if (!value) return;
      prometheus::ClientMetric& metric = add();
      const bool counts = type == prometheus::MetricType::Counter;
      (counts ? metric.counter.value : metric.gauge.value) = *value;
    });
  }

  const std::vector<Figures>& all_;
  Labels (*labels_)(const Figures&);
};

}  // namespace headwater

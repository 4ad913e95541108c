// How long something took, counted in fixed buckets as Prometheus shows them.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace headwater {

/// Spans from less than a millisecond to minutes. One thread at a time.
class Histogram {
 public:
  using Span = std::chrono::nanoseconds;
  using Seconds = std::chrono::duration<double>;

  /// The longest span of each bucket; a last one has all that are longer.
  static constexpr std::array<Seconds, 15> bounds{
      Seconds(0.001), Seconds(0.0025), Seconds(0.005), Seconds(0.01), Seconds(0.025),
      Seconds(0.05),  Seconds(0.1),    Seconds(0.25),  Seconds(0.5),  Seconds(1),
      Seconds(2.5),   Seconds(5),      Seconds(10),    Seconds(60),   Seconds(300)};

  /// One that is less than 0, because two machines' clocks differ, counts as 0.
  void add(Span span) {
    span = std::max(span, Span(0));
    ++counts_[static_cast<std::size_t>(std::ranges::lower_bound(bounds, Seconds(span)) -
                                       bounds.begin())];
    sum_ += span;
  }
  Histogram& operator+=(const Histogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    sum_ += other.sum_;
    return *this;
  }

  /// Of each bucket alone, the last one for the spans beyond all bounds.
  [[nodiscard]] const std::array<std::uint64_t, bounds.size() + 1>& counts() const {
    return counts_;
  }
  [[nodiscard]] Seconds sum() const { return sum_; }

 private:
  std::array<std::uint64_t, bounds.size() + 1> counts_{};
  Seconds sum_{0};
};

}  // namespace headwater

#include "bench/follower.h"

#include <utility>

#include "bench/process.h"
#include "src/streams/embedded/embedded.h"

namespace headwater::bench {

Result<Follower> Follower::at_end_of(const std::string& stream) {
  auto clock = std::make_unique<SystemClock>();
  auto adapter = embedded::make_stream({.path = stream}, *clock);
  auto reader = adapter->reader();
  if (!reader) return failed(reader);
  auto range = (*reader)->range();
  if (!range) return failed(range);
  return Follower(std::move(clock), std::move(*reader), range->last + 1);
}

Result<std::vector<Arrival>> Follower::take(std::size_t count) {
  constexpr ReadLimits limits{.count = 1000, .bytes = 1 << 20};
  std::vector<Arrival> arrivals;
  arrivals.reserve(count);
  while (arrivals.size() < count) {
    auto events = reader_->read(next_, limits, std::chrono::minutes(1), {});
    if (!events) return failed(events);
    if (events->empty()) return fail(bench_error("no event arrived for a minute"));
    const SteadyTime at = clock_->steady();
    next_ = events->back().sequence + 1;
    for (auto& stored : *events) arrivals.push_back({at, std::move(stored.event.data)});
  }
  return arrivals;
}

}  // namespace headwater::bench

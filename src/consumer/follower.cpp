#include "src/consumer/follower.h"

#include <algorithm>
#include <string>
#include <utility>

namespace headwater::consumer {
namespace {

Error aged_out(std::uint64_t next, std::uint64_t first) {
  return {.remedy = Remedy::stop,
          .origin = Origin::stream,
          .name = "stream.aged_out",
          .message = "the stream's retention has removed events from " + std::to_string(next) +
                     " on that were not read yet; it begins at " + std::to_string(first),
          .next =
              "go on with what is left, or build the state again from the database; and let the "
              "stream keep events longer (retention)"};
}

}  // namespace

Result<Lag> lag_of(StreamReader& reader, std::uint64_t next, WallTime now) {
  auto range = reader.range();
  if (!range) return failed(range);
  const std::uint64_t from = std::max(next, range->first);
  if (from > range->last) return Lag{.end = range->last};
  auto oldest = reader.read(from, one_event, Milliseconds(0), {});
  if (!oldest) return failed(oldest);
  if (oldest->empty()) return Lag{.end = range->last};
  // The clock of the database may be ahead of this one.
  const Milliseconds age = std::max(now - oldest->front().event.time, Milliseconds(0));
  return Lag{.events = range->last + 1 - from, .time = age, .end = range->last};
}

Result<std::vector<StoredEvent>> Follower::read(const ReadLimits& limits, Milliseconds wait,
                                                const std::stop_token& stop) {
  auto events = reader_->read(next_, limits, wait, stop);
  if (!events || events->empty()) return events;
  const std::size_t whole = before_a_gap(*events);
  if (whole < events->size()) {
    auto range = reader_->range();
    if (!range) return failed(range);
    const std::uint64_t missing = whole == 0 ? next_ : (*events)[whole - 1].sequence + 1;
    if (range->first > missing) {
      const std::uint64_t found = std::min(range->first, (*events)[whole].sequence);
      if (whole == 0) return fail(aged_out(std::exchange(next_, found), found));
      // The next read begins at the gap.
      events->resize(whole);
    }
  }
  next_ = events->back().sequence + 1;
  return events;
}

// Sequences may skip numbers, so only the stream knows whether an event is missing.
std::size_t Follower::before_a_gap(const std::vector<StoredEvent>& events) const {
  std::uint64_t expected = next_ == 0 ? events.front().sequence : next_;
  std::size_t whole = 0;
  while (whole < events.size() && events[whole].sequence == expected) {
    ++whole;
    ++expected;
  }
  return whole;
}

Result<void> Follower::pass_the_end(const std::stop_token& stop) {
  auto range = reader_->range();
  if (!range) return failed(range);
  // All that was not read is gone, and nothing came after it.
  if (next_ != 0 && range->first > next_ && range->last >= next_) {
    return fail(aged_out(std::exchange(next_, range->first), range->first));
  }
  if (range->last < next_) return {};
  auto events = reader_->read(next_, one_event, Milliseconds(0), stop);
  if (!events) return failed(events);
  if (events->empty() && !stop.stop_requested()) next_ = range->last + 1;
  return {};
}

}  // namespace headwater::consumer

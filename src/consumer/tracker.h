// Which events are done, where several workers finish them out of order.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <stop_token>

#include "src/base/clock.h"
#include "src/base/invariant.h"

namespace headwater::consumer {

/// Any thread.
class Tracker {
 public:
  /// Everything up to `place` is done.
  explicit Tracker(std::uint64_t place) : done_(place) {}

  /// Sequences rise from call to call.
  void begin(std::uint64_t sequence) {
    const std::lock_guard lock(mutex_);
    invariant(open_.empty() ? sequence > done_ : sequence > open_.back().sequence,
              "events are handed over in the order of the stream");
    open_.push_back({.sequence = sequence, .done = false});
  }

  /// Blocks until fewer than `most` have begun and are not passed, or a stop is requested: behind an
  /// event that takes forever, what is done must not pile up. Returns false at a stop.
  [[nodiscard]] bool wait_for_room(std::size_t most, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    return changed_.wait(lock, stop, [&] { return open_.size() < most; });
  }

  /// Must have begun. Twice is an error.
  void finish(std::uint64_t sequence) {
    const std::lock_guard lock(mutex_);
    const auto at = std::ranges::lower_bound(open_, sequence, {}, &Begun::sequence);
    invariant(at != open_.end() && at->sequence == sequence && !at->done,
              "an event is done once, after it was handed over");
    at->done = true;
    while (!open_.empty() && open_.front().done) {
      done_ = open_.front().sequence;
      open_.pop_front();
    }
    changed_.notify_all();
  }

  /// Numbers up to `sequence` have no event; nothing is open.
  void pass(std::uint64_t sequence) {
    const std::lock_guard lock(mutex_);
    if (open_.empty()) done_ = std::max(done_, sequence);
    changed_.notify_all();
  }

  /// Everything up to here is done.
  [[nodiscard]] std::uint64_t done() const {
    const std::lock_guard lock(mutex_);
    return done_;
  }

  /// Blocks until done() is beyond `place` or a stop is requested. Returns done().
  [[nodiscard]] std::uint64_t wait_beyond(std::uint64_t place, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [&] { return done_ > place; });
    return done_;
  }

  /// Blocks until everything that has begun is done. Returns false if a stop was requested first.
  [[nodiscard]] bool wait_until_all_done(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    return changed_.wait(lock, stop, [&] { return open_.empty(); });
  }

 private:
  struct Begun {
    std::uint64_t sequence;
    bool done;
  };

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Begun> open_;
  std::uint64_t done_;
};

}  // namespace headwater::consumer

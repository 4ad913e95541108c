// What a reader's events needed is used again for the next.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "src/base/invariant.h"
#include "src/event/event.h"

namespace headwater::streams {

/// One thread.
class SpareEvents {
 public:
  /// The events of one read.
  class Batch {
   public:
    explicit Batch(std::vector<StoredEvent> spare) : events_(std::move(spare)) {}

    /// Adds an event, to be filled. It may hold what another one was: each field has to be set.
    [[nodiscard]] StoredEvent& add() {
      if (count_ == events_.size()) events_.emplace_back();
      return events_[count_++];
    }
    /// The event added last is not part of the batch.
    void drop_last() {
      invariant(count_ > 0, "an event was added");
      --count_;
    }
    [[nodiscard]] std::size_t size() const { return count_; }
    [[nodiscard]] std::vector<StoredEvent> take() && {
      events_.resize(count_);
      return std::move(events_);
    }

   private:
    std::vector<StoredEvent> events_;
    std::size_t count_ = 0;
  };

  [[nodiscard]] Batch batch() { return Batch(std::exchange(spare_, {})); }

  void reuse(std::vector<StoredEvent>&& events) {
    // What a large event needed is not kept for small ones.
    std::size_t kept = events.capacity() * sizeof(StoredEvent);
    for (const auto& [sequence, event] : events) {
      kept += event.id.capacity() + event.subject.capacity() + event.partition_key.capacity() +
              event.data.capacity();
    }
    if (kept <= most_kept_bytes) spare_ = std::move(events);
  }

 private:
  static constexpr std::size_t most_kept_bytes = std::size_t{4} << 20U;

  std::vector<StoredEvent> spare_;
};

}  // namespace headwater::streams

// The way of changes into the batch of a read. What does not fit waits for the next one.
#pragma once

#include <cstddef>
#include <deque>

#include "src/event/change.h"
#include "src/ports/source.h"

namespace headwater::sqlite {

/// What a read fills, and how far.
struct Target {
  const ReadLimits& limits;
  ChangeBatch& batch;

  /// A change that is larger than the limit fits alone.
  [[nodiscard]] bool fits(std::size_t bytes) const {
    return batch.changes.empty() ||
           (batch.changes.size() < limits.count && batch.bytes + bytes <= limits.bytes);
  }
  [[nodiscard]] bool full() const { return !fits(1); }
};

/// In order. One thread.
class Outlet {
 public:
  [[nodiscard]] bool empty() const { return waiting_.empty(); }
  void clear() { waiting_.clear(); }

  /// `more`: about how many follow it.
  void put(Change&& change, std::size_t more, Target to);
  /// Whether `to` then has all that waited, and space for more.
  bool flush(std::size_t more, Target to);

 private:
  struct Waiting {
    Change change;
    std::size_t size = 0;
  };
  std::deque<Waiting> waiting_;
};

}  // namespace headwater::sqlite

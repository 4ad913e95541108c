// A queue of large elements that come and go all the time.
#pragma once

#include <cstddef>
#include <list>
#include <utility>

#include "src/base/invariant.h"

namespace headwater {

/// First in, first out. The place of what is taken out is used again, because std::deque asks for
/// memory for each large element. Elements stay where they are. Memory: as many elements as there
/// were at most; one that nobody has moved from lives until its place is used again. One thread.
template <class T>
class ReusedQueue {
 public:
  [[nodiscard]] bool empty() const { return queue_.empty(); }
  [[nodiscard]] std::size_t size() const { return queue_.size(); }
  [[nodiscard]] T& front() { return queue_.front(); }
  [[nodiscard]] const T& front() const { return queue_.front(); }
  [[nodiscard]] T& back() { return queue_.back(); }
  [[nodiscard]] const T& back() const { return queue_.back(); }
  /// In order.
  [[nodiscard]] auto begin() const { return queue_.begin(); }
  [[nodiscard]] auto end() const { return queue_.end(); }

  void push(T&& element) {
    if (spare_.empty()) {
      queue_.push_back(std::move(element));
      return;
    }
    spare_.front() = std::move(element);
    queue_.splice(queue_.end(), spare_, spare_.begin());
  }
  void pop() {
    invariant(!empty(), "an empty queue has no first element");
    spare_.splice(spare_.begin(), queue_, queue_.begin());
  }
  void clear() {
    queue_.clear();
    spare_.clear();
  }

 private:
  std::list<T> queue_;
  std::list<T> spare_;
};

}  // namespace headwater

#include "src/consumer/lane.h"

#include <utility>

namespace headwater::consumer {

bool Window::enter(std::size_t bytes, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait(lock, stop, [&] { return free_ > 0; })) return false;
  free_ -= static_cast<std::ptrdiff_t>(bytes);
  return true;
}

void Window::leave(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  free_ += static_cast<std::ptrdiff_t>(bytes);
  changed_.notify_all();
}

void Lane::put(Item item) {
  const std::lock_guard lock(mutex_);
  items_.push_back(std::move(item));
  changed_.notify_one();
}

std::vector<Item> Lane::take(const ReadLimits& limits, const std::stop_token& stop) {
  std::vector<Item> taken;
  std::size_t bytes = 0;
  std::unique_lock lock(mutex_);
  if (!changed_.wait(lock, stop, [&] { return !items_.empty(); })) return taken;
  const bool letters = items_.front().letter != 0;
  while (!items_.empty() && taken.size() < limits.count) {
    Item& next = items_.front();
    bytes += footprint(next.stored.event);
    const bool fits = bytes <= limits.bytes && (next.letter != 0) == letters;
    if (!taken.empty() && !fits) break;
    taken.push_back(std::move(next));
    items_.pop_front();
  }
  return taken;
}

}  // namespace headwater::consumer

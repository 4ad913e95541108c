// The events that wait for one worker.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "src/event/event.h"
#include "src/ports/read_limits.h"

namespace headwater::consumer {

/// One event on its way to a worker.
struct Item {
  StoredEvent stored;
  /// Its number among the dead letters, if it is handed over again from there; else 0.
  std::uint64_t letter = 0;
  unsigned attempts = 0;  ///< That have failed.
  bool failed = false;    ///< The last one has.
};

/// Bounds the bytes of all events between the stream and the handlers. Any thread.
class Window {
 public:
  explicit Window(std::size_t bytes) : free_(static_cast<std::ptrdiff_t>(bytes)) {}

  /// Blocks until there is room; a single event may exceed it. Returns false at a stop.
  [[nodiscard]] bool enter(std::size_t bytes, const std::stop_token& stop);
  void leave(std::size_t bytes);

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::ptrdiff_t free_;
};

/// A queue; the Window bounds it. One thread takes, any may put.
class Lane {
 public:
  void put(Item item);
  /// Blocks until there are items or a stop is requested (then empty). Either events of the stream
  /// or dead letters, never both.
  [[nodiscard]] std::vector<Item> take(const ReadLimits& limits, const std::stop_token& stop);

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Item> items_;
};

}  // namespace headwater::consumer

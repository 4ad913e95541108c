// Waiting that a stop request ends.
#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "src/base/clock.h"

namespace headwater {

/// Blocks for `span`. Returns false if a stop was requested first.
[[nodiscard]] inline bool wait_for(Milliseconds span, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  woken.wait_for(lock, stop, span, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace headwater

#include "testing/rig/waiting.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace headwater::rig {

bool wait_until(const std::function<bool()>& condition, Milliseconds deadline) {
  const SystemClock clock;
  const SteadyTime end = clock.steady() + deadline;
  // A check may read a file or ask a server, so the pauses grow.
  constexpr Milliseconds longest(25);
  std::chrono::microseconds pause(1000);
  while (!condition()) {
    if (clock.steady() > end) return false;
    std::this_thread::sleep_for(pause);
    pause = std::min<std::chrono::microseconds>(pause * 5 / 4, longest);
  }
  return true;
}

}  // namespace headwater::rig

#include "testing/rig/waiting.h"

#include <thread>

namespace headwater::rig {

bool wait_until(const std::function<bool()>& condition, Milliseconds deadline) {
  const SystemClock clock;
  const SteadyTime end = clock.steady() + deadline;
  while (!condition()) {
    if (clock.steady() > end) return false;
    std::this_thread::sleep_for(Milliseconds(2));
  }
  return true;
}

}  // namespace headwater::rig

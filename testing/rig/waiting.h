// Waiting for a condition.
#pragma once

#include <functional>

#include "src/base/clock.h"

namespace headwater::rig {

/// How long a test waits before it fails. Much longer than anything takes, even on a busy machine.
constexpr Milliseconds patience{120'000};

/// Returns true as soon as `condition` holds, false if it does not within `deadline`. Checks it
/// every few milliseconds. For conditions that cannot wake a thread, such as another process's
/// progress.
[[nodiscard]] bool wait_until(const std::function<bool()>& condition,
                              Milliseconds deadline = patience);

}  // namespace headwater::rig

// Waiting for the thing itself.
#pragma once

#include <functional>

#include "src/base/clock.h"

namespace headwater::rig {

/// How long a test waits before it calls a thing failed. Far longer than anything takes, because a
/// busy machine is no failure.
constexpr Milliseconds patience{120'000};

/// True as soon as `condition` holds; false if it does not within `deadline`. For what nothing
/// wakes us about (another process's progress), so it looks again every few milliseconds.
[[nodiscard]] bool wait_until(const std::function<bool()>& condition,
                              Milliseconds deadline = patience);

}  // namespace headwater::rig

// Time comes from an injected Clock, so that tests and the simulation control it.
#pragma once

#include <chrono>

namespace headwater {

using Milliseconds = std::chrono::milliseconds;
/// UTC, to the millisecond.
using WallTime = std::chrono::sys_time<Milliseconds>;
/// For measuring spans; never moves back.
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

/// Any thread may call. Never blocks.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual WallTime wall() const = 0;
  [[nodiscard]] virtual SteadyTime steady() const = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const override {
    return std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
  }
  [[nodiscard]] SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace headwater

// The wall clock of one relay, which can be stepped while the relay runs.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace headwater::soak {

/// Needs stepped_clock.cpp in the relay's process. The first call of a relay may be at any time.
class Clock {
 public:
  /// `path`: a new file.
  explicit Clock(std::string path);
  ~Clock();
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;

  /// From now on it is that much ahead of the machine's clock; negative: behind.
  void set(std::chrono::nanoseconds offset);
  /// What to put before a command, so that the process has this clock.
  [[nodiscard]] std::vector<std::string> prefix() const;

 private:
  std::string path_;
  std::atomic<std::int64_t>* offset_;
};

}  // namespace headwater::soak

// Wall clocks that can be stepped while something runs by them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace headwater::soak {

/// That of one relay. Needs stepped_clock.cpp in its process.
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

/// Steps the clock of the writers to SQLite databases, which are threads of this process. The first
/// call must come before they open one.
void set_sqlite_clock(std::chrono::milliseconds offset);

}  // namespace headwater::soak

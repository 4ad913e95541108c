// The progress of `run`: on a terminal one line that keeps changing, elsewhere a log line at
// intervals while there is news.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/relay/observer.h"

namespace headwater::cli {

class Log;
class RunningRelay;

/// One thread. `clock` and `log` must outlive it.
class Progress {
 public:
  Progress(bool until_current, const Clock& clock, Log& log);

  /// How often to call show().
  [[nodiscard]] Milliseconds interval() const;
  void show(const std::vector<const RunningRelay*>& relays);

 private:
  struct Seen {
    std::uint64_t events = 0;
    SteadyTime at{};
    SteadyTime said{};  ///< The time of the last line in the log.
  };

  bool until_current_;
  const Clock& clock_;
  Log& log_;
  SteadyTime began_;                          // when it was made, or last shown
  std::map<const RunningRelay*, Seen> seen_;  // of each that was shown last time
};

/// "[##########          ]  50 %"
[[nodiscard]] std::string progress_bar(std::uint64_t done, std::uint64_t total);

/// "4,711 events, 120/s, backlog 12, at event 4711", with a bar before it if the end is known.
/// `rate` is in events per second.
[[nodiscard]] std::string progress_line(const RelayProgress& now, double rate, bool until_current);

}  // namespace headwater::cli

// Sleeps until something happens to a file.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "src/base/descriptor.h"
#include "src/base/wake.h"

namespace headwater {

/// One thread.
class FileWatch {
 public:
  /// Whether an event about this file in the folder counts.
  using Concerns = std::function<bool(std::string_view name)>;

  /// `path`: a file, or a folder for the files in it. `events`: inotify's, as in IN_MODIFY. Without
  /// `concerns`, every event counts.
  FileWatch(const std::string& path, std::uint32_t events, Concerns concerns = {});

  /// False: this file system reports nothing, so that a sleep ends only by time or a stop.
  [[nodiscard]] bool works() const { return works_; }
  /// Blocks until an event, a stop or the end of `longest`. Returns true if an event counts. An
  /// event from before the call ends it at once.
  bool sleep(std::chrono::nanoseconds longest, const std::stop_token& stop);

 private:
  bool drain();

  Concerns concerns_;
  Descriptor events_;
  Wake stopped_;
  bool works_;
};

}  // namespace headwater

// Shows all of Headwater at work: writers on one side, a reader of the stream on the other, relays
// in between that are killed again and again, and an audit at the end.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "src/base/clock.h"
#include "src/base/error.h"

namespace headwater {

struct DemoOptions {
  /// The path of this program, which is also started as relay, reader and writer. Shown in the
  /// commands printed at the end.
  std::string program;
  /// All files are created in this folder and kept. It must be empty or not exist. An empty path: a
  /// new temporary folder.
  std::string folder;
  /// How long the writers run.
  Milliseconds writing{20'000};
  int writers = 4;
  /// Draw and redraw on a terminal; otherwise print one line per second.
  bool terminal = false;
};

/// Blocks until the audit is printed or `stop` is requested. Returns true if the audit found no
/// fault. `print` gets text for stdout. Must be called from the main thread, because the processes
/// it starts end with the thread that started them.
Result<bool> run_demo(const DemoOptions& options, const Clock& clock,
                      const std::function<void(std::string_view)>& print, std::stop_token stop);

/// The writer process: the command `demo-writer DATABASE SEED`, only for run_demo(). Commits until
/// stdin is closed, and prints on stdout what it has committed.
Result<void> run_demo_writer(const std::string& database, std::uint64_t seed);

}  // namespace headwater

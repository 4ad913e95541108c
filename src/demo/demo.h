// The whole of it at work, where it can be watched: writers on one side, a reader of the stream on
// the other, relays in between that are killed again and again, and an audit at the end.
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
  /// The path of the program itself; it is started again as relay, reader and writer. Shown in the
  /// commands printed at the end.
  std::string program;
  /// Everything is made here and stays. Must be empty or not there yet. Empty: a fresh folder among
  /// the temporary files.
  std::string folder;
  /// How long the writers write.
  Milliseconds writing{20'000};
  int writers = 4;
  /// Draw and redraw on a terminal; otherwise print a line a second.
  bool terminal = false;
};

/// Blocks until the audit is printed or `stop` is requested. True: the audit found everything as it
/// should be. `print` gets text for stdout. Must be called from the main thread: the processes it
/// starts end with the thread that started them.
Result<bool> run_demo(const DemoOptions& options, const Clock& clock,
                      const std::function<void(std::string_view)>& print, std::stop_token stop);

/// What a writer process does: the command `demo-writer DATABASE SEED`, which is for run_demo()
/// only. Commits until stdin is closed, and says on stdout what it has committed.
Result<void> run_demo_writer(const std::string& database, std::uint64_t seed);

}  // namespace headwater

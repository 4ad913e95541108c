// Turns signals into calls, in its own thread; no work is done in a signal handler.
#pragma once

#include <sys/signalfd.h>

#include <csignal>
#include <functional>
#include <stop_token>
#include <thread>

#include "src/base/clock.h"
#include "src/base/descriptor.h"
#include "src/base/wake.h"

namespace headwater::cli {

class Log;

struct SignalOptions {
  /// A stop is also requested once the reader of stdout has closed it.
  bool watch_output = false;
  /// A little less than the two seconds that `run` promises.
  Milliseconds grace{1'900};
  /// For a SIGHUP that somebody has sent; without it, that is a stop, too. Must be short.
  std::function<void()> reload{};
};

/// Create it before any other thread, because threads inherit the blocked signals. Only one at a
/// time.
///
/// The first SIGTERM or SIGINT requests a stop, and so does the SIGHUP of a terminal that is closed,
/// unless the process was started to ignore it (nohup).
/// What is under way has `grace` to finish; then the process exits, which the guarantees of relays
/// and consumers allow. A SIGINT after the first signal exits at once. SIGUSR1 shows more in the log,
/// SIGUSR2 less.
class Signals {
 public:
  /// `log` must outlive it.
  explicit Signals(Log& log, SignalOptions options = {});
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  [[nodiscard]] std::stop_token stop() const { return stop_.get_token(); }

 private:
  void wait_for_signals();
  /// Whether it asks for the end.
  [[nodiscard]] bool is_end(const signalfd_siginfo& info);
  void request_stop();

  Log& log_;
  SignalOptions options_;
  bool hangups_are_ignored_ = false;  // by whoever started the process
  sigset_t before_{};
  std::stop_source stop_;
  Descriptor signals_;  // a signalfd
  Wake end_;            // by the destructor
  std::thread thread_;
  std::thread stopper_;
};

}  // namespace headwater::cli

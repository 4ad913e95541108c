// Turns SIGTERM and SIGINT into a stop request, in its own thread; no work is done in a signal
// handler.
#pragma once

#include <csignal>
#include <stop_token>
#include <thread>

#include "src/base/clock.h"
#include "src/base/descriptor.h"
#include "src/base/wake.h"

namespace headwater::cli {

/// Create it before any other thread, because threads inherit the blocked signals. Only one at a
/// time.
///
/// The first signal requests a stop. What is under way has `grace` to finish; then the process exits,
/// which the guarantees of relays and consumers allow. A SIGINT after the first signal exits at once.
class Signals {
 public:
  /// A little less than the two seconds that `run` promises.
  static constexpr Milliseconds usual_grace{1'900};

  /// With `watch_output`, a stop is also requested once the reader of stdout has closed it.
  explicit Signals(bool watch_output = false, Milliseconds grace = usual_grace);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  [[nodiscard]] std::stop_token stop() const { return stop_.get_token(); }

 private:
  void wait_for_signals(int output);
  void request_stop();

  Milliseconds grace_;
  sigset_t before_{};
  std::stop_source stop_;
  Descriptor signals_;  // a signalfd
  Wake end_;            // by the destructor
  std::thread thread_;
  std::thread stopper_;
};

}  // namespace headwater::cli

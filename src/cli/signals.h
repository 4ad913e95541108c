// SIGTERM and SIGINT, turned into a stop request by a thread of its own; nothing is ever done in a
// signal handler.
#pragma once

#include <csignal>
#include <stop_token>
#include <thread>

namespace headwater::cli {

/// Make it before any other thread: threads inherit that these signals are blocked. One at a time.
///
/// The first signal requests a stop. What runs has two seconds to finish the append under way; then
/// the process ends as it is, which the relay's guarantees allow for. A SIGINT after the first
/// signal ends it at once.
class Signals {
 public:
  /// With `watch_output`, a stop is also requested once nobody reads stdout any more.
  explicit Signals(bool watch_output = false);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  [[nodiscard]] std::stop_token stop() const { return stop_.get_token(); }

 private:
  void wait_for_signals(int output);
  void request_stop();

  sigset_t before_{};
  std::stop_source stop_;
  int signals_ = -1;  // a signalfd
  int end_ = -1;      // an eventfd: the destructor wakes the thread
  std::thread thread_;
  std::thread stopper_;
};

}  // namespace headwater::cli

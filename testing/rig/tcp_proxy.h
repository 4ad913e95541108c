// A TCP proxy that injects network faults between a program and a server on this machine.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
#include <thread>

#include "src/base/clock.h"
#include "src/base/wake.h"

namespace headwater::rig {

/// Forwards every connection to its port to a server's. Any thread may call.
class TcpProxy {
 public:
  /// `target`: the server's port on this machine.
  explicit TcpProxy(std::uint16_t target);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

  /// Resets every connection at once, and each new one until restore().
  void cut();
  /// Calls cut() after this many more bytes to the server, even in the middle of a request.
  /// restore() cancels it.
  void cut_after(std::uint64_t bytes);
  /// Accepts connections and keeps them, but holds all bytes back until restore().
  void silence();
  /// Forwards requests and drops the replies. restore() resets the connections that lost one.
  void lose_replies();
  /// Calls lose_replies() before the first piece of a request for which `is_the_one` returns true
  /// is forwarded. It is called on the proxy's thread. restore() cancels it.
  void lose_replies_from(std::function<bool(std::string_view piece)> is_the_one);
  /// Delays all bytes that arrive from now on.
  void add_delay(Milliseconds by);
  /// Limits the rate of each direction of a connection; 0: no limit.
  void limit_rate(std::uint64_t bytes_a_second);
  /// Ends all faults except add_delay() and limit_rate().
  void restore();
  /// Connects new connections to another port.
  void set_target(std::uint16_t target) { target_ = target; }

  /// Bytes forwarded so far, in both directions.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// Bytes of dropped replies so far.
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

 private:
  friend class ProxyLoop;
  enum class State { forwarding, cut, silent, dropping_replies };
  void change(State state);
  /// Wakes the thread.

  std::atomic<std::uint16_t> target_;
  int listener_;
  Wake wake_;  // ends the poll of the thread
  std::uint16_t port_ = 0;
  std::mutex mutex_;  // guards the next six
  State state_ = State::forwarding;
  bool was_cut_ = false;  // since the thread last asked
  Milliseconds delay_{0};
  std::uint64_t bytes_a_second_ = 0;
  std::optional<std::uint64_t> allowance_;  // for cut_after()
  std::function<bool(std::string_view)> loses_from_;
  std::atomic<std::uint64_t> bytes_ = 0;
  std::atomic<std::uint64_t> lost_ = 0;
  std::jthread thread_;  // last, because it uses the others
};

}  // namespace headwater::rig

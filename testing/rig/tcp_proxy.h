// A network between a program and a server on this machine that can be cut, silent and slow.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <thread>

#include "src/base/clock.h"

namespace headwater::rig {

/// Forwards every connection made to its port. Any thread.
class TcpProxy {
 public:
  /// To this port of this machine.
  explicit TcpProxy(std::uint16_t target);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

  /// Every connection breaks, in the middle of whatever it was bringing; so does every new one,
  /// until mend().
  void cut();
  /// Connections stay, new ones come about, and nothing gets through until mend(): then all of it.
  void silence();
  /// From now on everything takes so much longer to get through.
  void slow_down(Milliseconds by);
  void mend();

  /// Brought through so far, in both directions.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  friend class ProxyLoop;
  enum class State { sound, cut, silent };
  void change(State state);

  std::uint16_t target_;
  int listener_;
  int wake_;  // an eventfd
  std::uint16_t port_ = 0;
  std::mutex mutex_;  // guards the next three
  State state_ = State::sound;
  bool broken_ = false;  // cut since the thread last looked
  Milliseconds delay_{0};
  std::atomic<std::uint64_t> bytes_ = 0;
  std::jthread thread_;  // last: it uses the rest
};

}  // namespace headwater::rig

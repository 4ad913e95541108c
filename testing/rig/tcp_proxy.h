// A network between a program and a server on this machine that can be cut, silent and slow.
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
  /// cut(), once so many more bytes have got through to the server: in the middle of a request, if
  /// so many end there. Not after the next mend().
  void cut_after(std::uint64_t bytes);
  /// Connections stay, new ones come about, and nothing gets through until mend(): then all of it.
  void silence();
  /// Requests get through; what the server answers is lost. Connections that lost something break
  /// at mend().
  void lose_replies();
  /// The same from the next piece of a request on that is as asked for.
  void lose_replies_from(std::function<bool(std::string_view piece)> as_asked_for);
  /// From now on everything takes so much longer to get through.
  void slow_down(Milliseconds by);
  /// From now on no more than this gets through in a second, in each direction of a connection; 0:
  /// as much as there is.
  void narrow(std::uint64_t bytes_a_second);
  void mend();
  /// New connections go to another port.
  void lead_to(std::uint16_t target) { target_ = target; }

  /// Brought through so far, in both directions.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// Of replies, lost so far.
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

 private:
  friend class ProxyLoop;
  enum class State { sound, cut, silent, losing };
  void change(State state);

  std::atomic<std::uint16_t> target_;
  int listener_;
  Wake wake_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;  // guards the next six
  State state_ = State::sound;
  bool broken_ = false;  // cut since the thread last looked
  Milliseconds delay_{0};
  std::uint64_t bytes_a_second_ = 0;
  std::optional<std::uint64_t> allowance_;  // bytes to the server until it is cut
  std::function<bool(std::string_view)> loses_from_;
  std::atomic<std::uint64_t> bytes_ = 0;
  std::atomic<std::uint64_t> lost_ = 0;
  std::jthread thread_;  // last: it uses the rest
};

}  // namespace headwater::rig

// The thread of a TcpProxy: forwards bytes, and injects the faults that the proxy is told to.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <stop_token>
#include <string>

#include "src/base/clock.h"
#include "testing/rig/tcp_proxy.h"

namespace headwater::rig {

class ProxyLoop {
 public:
  /// `proxy` must outlive it.
  explicit ProxyLoop(TcpProxy& proxy) : proxy_(proxy) {}
  ~ProxyLoop() { reset_all(); }
  ProxyLoop(const ProxyLoop&) = delete;
  ProxyLoop& operator=(const ProxyLoop&) = delete;

  /// Blocks until `stop` is requested.
  void run(const std::stop_token& stop);

 private:
  struct Piece {
    std::string bytes;
    SteadyTime due;  ///< Not sent before this time.
  };

  /// One direction of a connection.
  struct Direction {
    int from;
    int to;
    std::deque<Piece> pieces{};
    std::size_t held = 0;  ///< Bytes in `pieces`.
    SteadyTime free{};     ///< When a limited rate allows the next byte.
    bool ended = false;    ///< `from` is closed.
  };

  struct Connection {
    int client;
    int server;
    std::array<Direction, 2> directions;
    bool broken = false;
    bool lost_replies = false;

    /// Broken, or closed by one side with everything forwarded.
    [[nodiscard]] bool is_over() const;
  };

  /// Blocks until bytes arrive, a piece is due, or the proxy has changed.
  void wait();
  /// Adopts the state of the proxy.
  void update();
  /// Accepts at most one connection, because the state may change before the next one.
  void accept_one();
  void forward(Connection& connection);
  /// Starts to drop replies if a request is the one that lose_replies_from() waits for. Called
  /// before the server gets the request, so no reply can be faster.
  void match(const Direction& requests);

  void receive(Direction& direction) const;
  /// Sends up to `limit` bytes. Returns false if the connection is broken.
  bool send(Direction& direction, std::size_t limit);
  /// When `bytes` more have passed at the limited rate.
  SteadyTime passed(Direction& direction, std::size_t bytes) const;

  /// How many bytes the server may still get before cut_after() takes effect.
  [[nodiscard]] std::size_t allowance();
  void use_allowance(std::size_t size);

  [[nodiscard]] bool drops_replies();
  [[nodiscard]] bool is_silent() const { return state_ == TcpProxy::State::silent; }
  void reset_all();

  TcpProxy& proxy_;
  SystemClock clock_;
  TcpProxy::State state_ = TcpProxy::State::forwarding;
  Milliseconds delay_{0};
  std::uint64_t bytes_a_second_ = 0;
  std::list<Connection> connections_;
};

}  // namespace headwater::rig

#include "testing/rig/tcp_proxy.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <list>
#include <string>
#include <utility>
#include <vector>

namespace headwater::rig {
namespace {

constexpr std::size_t most_held = std::size_t{4} << 20U;

sockaddr_in local(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

const sockaddr* plain(const sockaddr_in* address) {
  return static_cast<const sockaddr*>(static_cast<const void*>(address));
}

void insist(bool well, const char* doing) {
  if (well) return;
  std::perror(doing);
  std::abort();
}

/// Breaks it as a network does, without a farewell.
void break_off(int socket) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(socket);
}

struct Piece {
  std::string bytes;
  SteadyTime due;
};

/// One direction of a connection.
struct Way {
  int from;
  int to;
  std::deque<Piece> pieces{};
  std::size_t held = 0;
  SteadyTime free{};   // when all that was taken has got through, where the way is narrow
  bool ended = false;  // nothing more comes from `from`
};

struct Connection {
  int client;
  int server;
  std::array<Way, 2> ways;
  bool broken = false;
  bool lost_something = false;

  [[nodiscard]] bool over() const {
    return broken || std::ranges::any_of(
                         ways, [](const Way& way) { return way.ended && way.pieces.empty(); });
  }
};

}  // namespace

/// What the proxy's thread does.
class ProxyLoop {
 public:
  explicit ProxyLoop(TcpProxy& proxy) : proxy_(proxy) {}
  ~ProxyLoop() { drop_all(); }
  ProxyLoop(const ProxyLoop&) = delete;
  ProxyLoop& operator=(const ProxyLoop&) = delete;

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      wait();
      look();
      take_new();
      for (Connection& connection : connections_) carry(connection);
      std::erase_if(connections_, [](const Connection& connection) {
        if (!connection.over()) return false;
        break_off(connection.client);
        break_off(connection.server);
        return true;
      });
    }
  }

 private:
  void look() {
    const std::lock_guard lock(proxy_.mutex_);
    state_ = proxy_.state_;
    delay_ = proxy_.delay_;
    bytes_a_second_ = proxy_.bytes_a_second_;
    if (std::exchange(proxy_.broken_, false)) drop_all();
    if (state_ == TcpProxy::State::losing) return;
    for (Connection& connection : connections_) connection.broken |= connection.lost_something;
  }

  void drop_all() {
    for (const Connection& connection : connections_) {
      break_off(connection.client);
      break_off(connection.server);
    }
    connections_.clear();
  }

  /// Until there is something to read, or a piece is due.
  void wait() {
    std::vector<pollfd> watched{{.fd = proxy_.listener_, .events = POLLIN, .revents = 0},
                                {.fd = proxy_.wake_.get(), .events = POLLIN, .revents = 0}};
    Milliseconds longest{1'000};
    for (const Connection& connection : connections_) {
      for (const Way& way : connection.ways) {
        if (silent()) continue;
        if (!way.ended && way.held < most_held) {
          watched.push_back({.fd = way.from, .events = POLLIN, .revents = 0});
        }
        if (way.pieces.empty()) continue;
        const auto left = std::chrono::ceil<Milliseconds>(way.pieces.front().due - clock_.steady());
        if (left > Milliseconds(0)) {
          longest = std::min(longest, left);
        } else {
          watched.push_back({.fd = way.to, .events = POLLOUT, .revents = 0});
        }
      }
    }
    insist(::poll(watched.data(), watched.size(), static_cast<int>(longest.count())) >= 0 ||
               errno == EINTR,
           "poll");
    proxy_.wake_.drain();
  }

  /// One at a time: by the next one the state may be another.
  void take_new() {
    const int client = ::accept4(proxy_.listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) return;
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = local(proxy_.target_);
    const bool there =
        state_ != TcpProxy::State::cut && ::connect(server, plain(&address), sizeof address) == 0;
    if (!there) {
      break_off(client);
      ::close(server);
      return;
    }
    connections_.push_back(
        {.client = client,
         .server = server,
         .ways = {Way{.from = client, .to = server}, Way{.from = server, .to = client}}});
  }

  void carry(Connection& connection) {
    if (silent()) return;
    auto& [requests, replies] = connection.ways;
    take(requests);
    note(requests);
    if (!give(requests, allowance())) connection.broken = true;
    take(replies);
    // Asked now: what was read above may be later than the last look().
    if (state() == TcpProxy::State::losing) {
      connection.lost_something |= !replies.pieces.empty();
      replies.pieces.clear();
      proxy_.lost_ += std::exchange(replies.held, 0);
    } else if (!give(replies, std::string::npos)) {
      connection.broken = true;
    }
  }

  [[nodiscard]] TcpProxy::State state() {
    const std::lock_guard lock(proxy_.mutex_);
    return proxy_.state_;
  }

  /// Before it is given to the server, so that no answer can be quicker.
  void note(const Way& requests) {
    const std::lock_guard lock(proxy_.mutex_);
    if (!proxy_.loses_from_) return;
    if (std::ranges::none_of(requests.pieces,
                             [&](const Piece& piece) { return proxy_.loses_from_(piece.bytes); })) {
      return;
    }
    proxy_.loses_from_ = nullptr;
    proxy_.state_ = TcpProxy::State::losing;
  }

  /// Bytes that may still go to the server.
  [[nodiscard]] std::size_t allowance() {
    const std::lock_guard lock(proxy_.mutex_);
    return proxy_.allowance_.value_or(std::string::npos);
  }

  void spend(std::size_t size) {
    const std::lock_guard lock(proxy_.mutex_);
    if (!proxy_.allowance_) return;
    *proxy_.allowance_ -= size;
    if (*proxy_.allowance_ > 0) return;
    proxy_.allowance_.reset();
    proxy_.state_ = TcpProxy::State::cut;
    proxy_.broken_ = true;
    proxy_.wake_.signal();
  }

  void take(Way& way) const {
    std::array<char, 65'536> buffer{};
    while (!way.ended && way.held < most_held) {
      const auto got = ::recv(way.from, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (got <= 0) {
        way.ended = true;
        return;
      }
      const auto size = static_cast<std::size_t>(got);
      way.pieces.push_back({.bytes = {buffer.data(), size}, .due = through(way, size) + delay_});
      way.held += size;
    }
  }

  /// When so many bytes more have got through.
  SteadyTime through(Way& way, std::size_t bytes) const {
    if (bytes_a_second_ == 0) return clock_.steady();
    way.free = std::max(way.free, clock_.steady()) +
               std::chrono::microseconds(bytes * 1'000'000 / bytes_a_second_);
    return way.free;
  }

  /// At most `most` bytes.
  bool give(Way& way, std::size_t most) {
    while (most > 0 && !way.pieces.empty() && way.pieces.front().due <= clock_.steady()) {
      std::string& bytes = way.pieces.front().bytes;
      const auto put =
          ::send(way.to, bytes.data(), std::min(most, bytes.size()), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (put < 0) return errno == EAGAIN || errno == EINTR;
      const auto size = static_cast<std::size_t>(put);
      proxy_.bytes_ += size;
      way.held -= size;
      if (most != std::string::npos) {
        most -= size;
        spend(size);
      }
      bytes.erase(0, size);
      if (bytes.empty()) way.pieces.pop_front();
    }
    return true;
  }

  [[nodiscard]] bool silent() const { return state_ == TcpProxy::State::silent; }

  TcpProxy& proxy_;
  SystemClock clock_;
  TcpProxy::State state_ = TcpProxy::State::sound;
  Milliseconds delay_{0};
  std::uint64_t bytes_a_second_ = 0;
  std::list<Connection> connections_;
};

TcpProxy::TcpProxy(std::uint16_t target)
    : target_(target), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  sockaddr_in address = local(0);
  socklen_t size = sizeof address;
  insist(::bind(listener_, plain(&address), size) == 0 && ::listen(listener_, 64) == 0, "listen");
  auto* found = static_cast<sockaddr*>(static_cast<void*>(&address));
  insist(::getsockname(listener_, found, &size) == 0, "getsockname");
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this](const std::stop_token& stop) { ProxyLoop(*this).run(stop); });
}

TcpProxy::~TcpProxy() {
  thread_.request_stop();
  change(State::cut);
  thread_.join();
  ::close(listener_);
}

void TcpProxy::change(State state) {
  const std::lock_guard lock(mutex_);
  state_ = state;
  if (state == State::cut) broken_ = true;
  wake_.signal();
}

void TcpProxy::cut() { change(State::cut); }
void TcpProxy::silence() { change(State::silent); }
void TcpProxy::lose_replies() { change(State::losing); }

void TcpProxy::mend() {
  {
    const std::lock_guard lock(mutex_);
    allowance_.reset();
    loses_from_ = nullptr;
  }
  change(State::sound);
}

void TcpProxy::cut_after(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  allowance_ = bytes;
}

void TcpProxy::lose_replies_from(std::function<bool(std::string_view piece)> as_asked_for) {
  const std::lock_guard lock(mutex_);
  loses_from_ = std::move(as_asked_for);
}

void TcpProxy::narrow(std::uint64_t bytes_a_second) {
  const std::lock_guard lock(mutex_);
  bytes_a_second_ = bytes_a_second;
}

void TcpProxy::slow_down(Milliseconds by) {
  const std::lock_guard lock(mutex_);
  delay_ = by;
}

}  // namespace headwater::rig

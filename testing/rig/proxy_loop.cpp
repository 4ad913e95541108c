#include "testing/rig/proxy_loop.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

#include "testing/rig/loopback.h"

namespace headwater::rig {
namespace {

/// Bytes that a direction buffers before it stops reading.
constexpr std::size_t most_held = std::size_t{4} << 20U;

/// Closes with a reset, like a broken network, instead of an orderly shutdown.
void reset(int socket) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(socket);
}

}  // namespace

bool ProxyLoop::Connection::is_over() const {
  return broken || std::ranges::any_of(directions, [](const Direction& direction) {
           return direction.ended && direction.pieces.empty();
         });
}

void ProxyLoop::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    wait();
    update();
    accept_one();
    for (Connection& connection : connections_) forward(connection);
    std::erase_if(connections_, [](const Connection& connection) {
      if (!connection.is_over()) return false;
      reset(connection.client);
      reset(connection.server);
      return true;
    });
  }
}

void ProxyLoop::update() {
  const std::lock_guard lock(proxy_.mutex_);
  state_ = proxy_.state_;
  delay_ = proxy_.delay_;
  bytes_a_second_ = proxy_.bytes_a_second_;
  if (std::exchange(proxy_.was_cut_, false)) reset_all();
  if (state_ == TcpProxy::State::dropping_replies) return;
  for (Connection& connection : connections_) connection.broken |= connection.lost_replies;
}

void ProxyLoop::reset_all() {
  for (const Connection& connection : connections_) {
    reset(connection.client);
    reset(connection.server);
  }
  connections_.clear();
}

void ProxyLoop::wait() {
  std::vector<pollfd> watched{{.fd = proxy_.listener_, .events = POLLIN, .revents = 0},
                              {.fd = proxy_.wake_.get(), .events = POLLIN, .revents = 0}};
  Milliseconds longest{1'000};
  for (const Connection& connection : connections_) {
    for (const Direction& direction : connection.directions) {
      if (is_silent()) continue;
      if (!direction.ended && direction.held < most_held) {
        watched.push_back({.fd = direction.from, .events = POLLIN, .revents = 0});
      }
      if (direction.pieces.empty()) continue;
      const auto left =
          std::chrono::ceil<Milliseconds>(direction.pieces.front().due - clock_.steady());
      if (left > Milliseconds(0)) {
        longest = std::min(longest, left);
      } else {
        watched.push_back({.fd = direction.to, .events = POLLOUT, .revents = 0});
      }
    }
  }
  if (::poll(watched.data(), watched.size(), static_cast<int>(longest.count())) < 0 &&
      errno != EINTR) {
    std::perror("poll");
    std::abort();
  }
  proxy_.wake_.drain();
}

void ProxyLoop::accept_one() {
  const int client = ::accept4(proxy_.listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client < 0) return;
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(proxy_.target_);
  const bool connected =
      state_ != TcpProxy::State::cut && ::connect(server, generic(&address), sizeof address) == 0;
  if (!connected) {
    reset(client);
    ::close(server);
    return;
  }
  connections_.push_back({.client = client,
                          .server = server,
                          .directions = {Direction{.from = client, .to = server},
                                         Direction{.from = server, .to = client}}});
}

void ProxyLoop::forward(Connection& connection) {
  if (is_silent()) return;
  auto& [requests, replies] = connection.directions;
  receive(requests);
  match(requests);
  if (!send(requests, allowance())) connection.broken = true;
  receive(replies);
  // Asks the proxy, because the replies may have arrived after update().
  if (drops_replies()) {
    connection.lost_replies |= !replies.pieces.empty();
    replies.pieces.clear();
    proxy_.lost_ += std::exchange(replies.held, 0);
  } else if (!send(replies, std::string::npos)) {
    connection.broken = true;
  }
}

bool ProxyLoop::drops_replies() {
  const std::lock_guard lock(proxy_.mutex_);
  return proxy_.state_ == TcpProxy::State::dropping_replies;
}

void ProxyLoop::match(const Direction& requests) {
  const std::lock_guard lock(proxy_.mutex_);
  if (!proxy_.loses_from_) return;
  if (std::ranges::none_of(requests.pieces,
                           [&](const Piece& piece) { return proxy_.loses_from_(piece.bytes); })) {
    return;
  }
  proxy_.loses_from_ = nullptr;
  proxy_.state_ = TcpProxy::State::dropping_replies;
}

std::size_t ProxyLoop::allowance() {
  const std::lock_guard lock(proxy_.mutex_);
  return proxy_.allowance_.value_or(std::string::npos);
}

void ProxyLoop::use_allowance(std::size_t size) {
  const std::lock_guard lock(proxy_.mutex_);
  if (!proxy_.allowance_) return;
  *proxy_.allowance_ -= size;
  if (*proxy_.allowance_ > 0) return;
  proxy_.allowance_.reset();
  proxy_.state_ = TcpProxy::State::cut;
  proxy_.was_cut_ = true;
  proxy_.wake_.signal();
}

void ProxyLoop::receive(Direction& direction) const {
  std::array<char, 65'536> buffer{};
  while (!direction.ended && direction.held < most_held) {
    const auto got = ::recv(direction.from, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
      direction.ended = true;
      return;
    }
    const auto size = static_cast<std::size_t>(got);
    direction.pieces.push_back(
        {.bytes = {buffer.data(), size}, .due = passed(direction, size) + delay_});
    direction.held += size;
  }
}

SteadyTime ProxyLoop::passed(Direction& direction, std::size_t bytes) const {
  if (bytes_a_second_ == 0) return clock_.steady();
  direction.free = std::max(direction.free, clock_.steady()) +
                   std::chrono::microseconds(bytes * 1'000'000 / bytes_a_second_);
  return direction.free;
}

bool ProxyLoop::send(Direction& direction, std::size_t limit) {
  while (limit > 0 && !direction.pieces.empty() &&
         direction.pieces.front().due <= clock_.steady()) {
    std::string& bytes = direction.pieces.front().bytes;
    const auto sent = ::send(direction.to, bytes.data(), std::min(limit, bytes.size()),
                             MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    const auto size = static_cast<std::size_t>(sent);
    proxy_.bytes_ += size;
    direction.held -= size;
    if (limit != std::string::npos) {
      limit -= size;
      use_allowance(size);
    }
    bytes.erase(0, size);
    if (bytes.empty()) direction.pieces.pop_front();
  }
  return true;
}

}  // namespace headwater::rig

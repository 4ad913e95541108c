#include "src/serve/http_server.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <limits>
#include <utility>

namespace headwater::serve {
namespace {

constexpr std::size_t most_connections = 64;
constexpr std::size_t most_accepted_at_once = 16;
constexpr std::chrono::seconds longest_connection{5};
// The pause after running out of descriptors, until another file may have been closed.
constexpr int rest_ms = 100;
constexpr std::size_t first_connection = 2;  // in the list for poll, after the server's two

int port_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  const in_port_t port = address.ss_family == AF_INET6
                             ? reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port
                             : reinterpret_cast<const sockaddr_in*>(&address)->sin_port;
  return ntohs(port);
}

Descriptor listener_at(const addrinfo& address) {
  Descriptor socket(
      ::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) return {};
  const int yes = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(socket.get(), address.ai_addr, address.ai_addrlen) != 0) return {};
  if (::listen(socket.get(), SOMAXCONN) != 0) return {};
  return socket;
}

}  // namespace

Listening listen_at(const std::string& host, int port) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, &::freeaddrinfo);
  Listening made;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    made.socket = listener_at(*each);
    if (made.socket.is_open()) {
      made.port = port_of(made.socket.get());
      return made;
    }
    made.error = errno;
  }
  return made;
}

HttpServer::HttpServer(Descriptor listener, Respond respond, const Clock& clock)
    : listener_(std::move(listener)),
      respond_(std::move(respond)),
      clock_(&clock),
      thread_([this](const std::stop_token& stop) {
        while (!stop.stop_requested()) serve();
      }) {}

HttpServer::~HttpServer() {
  thread_.request_stop();
  wake_.signal();
}

void HttpServer::serve() {
  std::vector<pollfd> ready;
  ready.reserve(first_connection + connections_.size());
  ready.push_back({.fd = wake_.get(), .events = POLLIN, .revents = 0});
  // poll() ignores negative descriptors.
  ready.push_back({.fd = resting_ ? -1 : listener_.get(), .events = POLLIN, .revents = 0});
  for (const Connection& each : connections_) {
    const short events = each.sends() ? POLLOUT : POLLIN;
    ready.push_back({.fd = each.socket(), .events = events, .revents = 0});
  }
  if (::poll(ready.data(), ready.size(), poll_timeout(clock_->steady())) < 0) return;
  resting_ = false;
  go_on(ready);
  const SteadyTime now = clock_->steady();
  close_expired(now);
  if (ready[1].revents != 0) accept_some(now);
}

int HttpServer::poll_timeout(SteadyTime now) const {
  if (resting_) return rest_ms;
  if (connections_.empty()) return -1;
  const auto left = std::chrono::ceil<Milliseconds>(connections_.front().deadline() - now).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

void HttpServer::go_on(const std::vector<pollfd>& ready) {
  auto connection = connections_.begin();
  for (std::size_t at = first_connection; at < ready.size(); ++at) {
    const bool over = ready[at].revents != 0 && !connection->go_on(respond_);
    connection = over ? connections_.erase(connection) : std::next(connection);
  }
}

void HttpServer::close_expired(SteadyTime now) {
  while (!connections_.empty() && connections_.front().deadline() <= now) connections_.pop_front();
}

/// A few at a time, so that open connections get their turn in between.
void HttpServer::accept_some(SteadyTime now) {
  for (std::size_t count = 0; count < most_accepted_at_once; ++count) {
    Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket.is_open()) {
      const bool nobody = errno == EAGAIN || errno == EINTR || errno == ECONNABORTED;
      if (nobody) return;
      resting_ = connections_.empty();
      if (!resting_) connections_.pop_front();
      return;
    }
    if (connections_.size() == most_connections) connections_.pop_front();
    connections_.emplace_back(std::move(socket), now + longest_connection);
  }
}

}  // namespace headwater::serve

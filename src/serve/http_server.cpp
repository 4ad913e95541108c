#include "src/serve/http_server.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <limits>
#include <memory>
#include <system_error>
#include <utility>

#include "src/base/no_pipe_signal.h"

namespace headwater::serve {
namespace {

constexpr std::size_t most_accepted_at_once = 16;
// Beyond the limit, so that they can be refused in words.
constexpr std::size_t most_refused = 16;
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

std::string Listening::reason() const {
  const bool clear = error == EADDRINUSE || error == EADDRNOTAVAIL || error == EACCES;
  return clear ? std::system_category().message(error) : "no such address";
}

Service service_of(Respond respond) {
  Service service;
  service.handle = [respond = std::move(respond)](const Request& request, bool keeps) {
    if (request.method != "GET" && request.method != "HEAD") {
      const Answer wrong{.status = 405,
                         .type = plain_text,
                         .body = "GET and HEAD only\n",
                         .headers = {{"Allow", "GET, HEAD"}}};
      return std::make_unique<ReadyReply>(wrong, true, keeps);
    }
    return std::make_unique<ReadyReply>(respond(request.path), request.method == "GET", keeps);
  };
  return service;
}

HttpServer::HttpServer(Descriptor listener, Respond respond, const Clock& clock)
    : HttpServer(std::move(listener), service_of(std::move(respond)), ServerLimits{}, std::nullopt,
                 std::make_shared<const Wake>(), clock) {}

HttpServer::HttpServer(Descriptor listener, Service service, ServerLimits limits,
                       std::optional<TlsContext> tls, std::shared_ptr<const Wake> wake,
                       const Clock& clock)
    : listener_(std::move(listener)),
      wake_(std::move(wake)),
      service_(std::move(service)),
      limits_(limits),
      tls_(std::move(tls)),
      clock_(&clock),
      thread_([this](const std::stop_token& stop) {
        // OpenSSL writes to sockets without MSG_NOSIGNAL.
        const NoPipeSignal no_signal;
        while (!stop.stop_requested()) serve();
      }) {}

HttpServer::~HttpServer() {
  thread_.request_stop();
  wake_->signal();
}

void HttpServer::serve() {
  std::vector<pollfd> ready;
  ready.reserve(first_connection + connections_.size());
  ready.push_back({.fd = wake_->get(), .events = POLLIN, .revents = 0});
  // poll() ignores negative descriptors.
  ready.push_back({.fd = resting_ ? -1 : listener_.get(), .events = POLLIN, .revents = 0});
  for (const Connection& each : connections_) {
    ready.push_back({.fd = each.socket(), .events = each.events(), .revents = 0});
  }
  if (::poll(ready.data(), ready.size(), poll_timeout(clock_->steady())) < 0) return;
  resting_ = false;
  if (ready[0].revents != 0) wake_->drain();
  const SteadyTime now = clock_->steady();
  go_on(ready, now);
  if (ready[1].revents != 0) accept_some(now);
}

int HttpServer::poll_timeout(SteadyTime now) const {
  if (resting_) return rest_ms;
  SteadyTime next = SteadyTime::max();
  for (const Connection& each : connections_) next = std::min(next, each.wake_at());
  if (next == SteadyTime::max()) return -1;
  if (next <= now) return 0;
  const auto left = std::chrono::ceil<Milliseconds>(next - now).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

void HttpServer::go_on(const std::vector<pollfd>& ready, SteadyTime now) {
  auto connection = connections_.begin();
  for (std::size_t at = first_connection; at < ready.size(); ++at) {
    const bool due =
        ready[at].revents != 0 || connection->has_room() || connection->wake_at() <= now;
    const bool over = due && !connection->go_on(ready[at].revents, now);
    connection = over ? connections_.erase(connection) : std::next(connection);
  }
}

bool HttpServer::close_oldest() {
  const auto oldest = std::ranges::find_if(connections_, [this](const Connection& each) {
    // Closing one that is refused makes no room.
    return limits_.when_full == WhenFull::close_oldest || (each.is_idle() && !each.is_full());
  });
  if (oldest == connections_.end()) return false;
  connections_.erase(oldest);
  return true;
}

bool HttpServer::make_room() {
  const auto refused = static_cast<std::size_t>(
      std::ranges::count_if(connections_, [](const Connection& each) { return each.is_full(); }));
  if (connections_.size() - refused < limits_.connections) return true;
  if (close_oldest()) return true;
  // The newest is refused in words, so the oldest of those gives way.
  if (refused >= most_refused) {
    connections_.erase(std::ranges::find_if(connections_, &Connection::is_full));
  }
  return false;
}

/// A few at a time, so that open connections get their turn in between.
void HttpServer::accept_some(SteadyTime now) {
  for (std::size_t count = 0; count < most_accepted_at_once; ++count) {
    Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket.is_open()) {
      const bool nobody = errno == EAGAIN || errno == EINTR || errno == ECONNABORTED;
      if (nobody) return;
      resting_ = !close_oldest();
      return;
    }
    if (const int bytes = service_.limits.send_buffer; bytes > 0) {
      ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    }
    const bool full = !make_room();
    connections_.emplace_back(Channel(std::move(socket), tls_ ? &*tls_ : nullptr), service_, full,
                              now);
  }
}

}  // namespace headwater::serve

#include "src/network/transport.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

namespace headwater::network {
namespace {

// As many as one read from a socket usually returns at full speed.
constexpr std::size_t piece = std::size_t{64} << 10U;

Error failure(const char* name, std::string why) {
  return {.remedy = Remedy::retry, .name = name, .message = std::move(why)};
}

Error broken(int code) { return failure("network.broken", std::generic_category().message(code)); }

Error closed() { return failure("network.closed", "it has closed the connection"); }

Error woken() { return failure("network.woken", "the wait was ended"); }

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { ::freeaddrinfo(addresses); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Result<Addresses> resolve(const Place& place) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int code =
      ::getaddrinfo(place.host.c_str(), std::to_string(place.port).c_str(), &wanted, &found);
  if (code != 0) return fail(failure("network.unreachable", ::gai_strerror(code)));
  return Addresses(found);
}

/// The errno of a failed connection, or 0; ECANCELED: woken.
int finish_connecting(int socket, Limit limit) {
  std::array<pollfd, 2> watched{pollfd{.fd = socket, .events = POLLOUT, .revents = 0},
                                pollfd{.fd = limit.wake, .events = POLLIN, .revents = 0}};
  const int ready =
      ::poll(watched.data(), watched.size(), static_cast<int>(limit.patience.count()));
  if (ready == 0) return ETIMEDOUT;
  if (ready < 0) return errno;
  if (watched[0].revents == 0) return ECANCELED;
  int code = 0;
  socklen_t size = sizeof code;
  ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &size);
  return code;
}

void set(int socket, int level, int option, int value) {
  ::setsockopt(socket, level, option, &value, sizeof value);
}

/// A machine that is gone without a word is noticed within half a minute, also by who only listens.
void set_options(int socket) {
  set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(socket, IPPROTO_TCP, TCP_KEEPIDLE, 10);
  set(socket, IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set(socket, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

/// "[::1]:6379"
std::string address_of(const Place& place) {
  const bool colons = place.host.find(':') != std::string::npos;
  return (colons ? "[" + place.host + "]" : place.host) + ":" + std::to_string(place.port);
}

}  // namespace

Transport::Transport(Descriptor socket, const Place& place)
    : socket_(std::move(socket)), server_(address_of(place)) {}

Result<Transport> Transport::connect(const Place& place, const std::optional<TlsFiles>& tls,
                                     Limit limit) {
  auto addresses = resolve(place);
  if (!addresses) return failed(addresses);
  int code = EADDRNOTAVAIL;
  for (const addrinfo* each = addresses->get(); each != nullptr; each = each->ai_next) {
    Descriptor socket(
        ::socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, each->ai_protocol));
    code = ::connect(socket.get(), each->ai_addr, each->ai_addrlen) == 0 ? 0 : errno;
    if (code == EINPROGRESS) code = finish_connecting(socket.get(), limit);
    if (code == ECANCELED) return fail(woken());
    if (code != 0) continue;
    set_options(socket.get());
    Transport transport(std::move(socket), place);
    if (!tls) return transport;
    auto session = TlsSession::create(place.host, *tls);
    if (!session) return failed(session);
    transport.tls_.emplace(*std::move(session));
    if (auto shaken = transport.handshake(limit); !shaken) return failed(shaken);
    return transport;
  }
  return fail(failure("network.unreachable", std::generic_category().message(code)));
}

Result<void> Transport::handshake(Limit limit) {
  std::array<char, piece> buffer{};
  for (;;) {
    auto done = tls_->handshake();
    // Also the alert of a failure, which the server logs.
    auto sent = send_plainly(tls_->outgoing(), limit);
    if (!done) return failed(done);
    if (!sent) return sent;
    if (*done) return {};
    auto got = receive_plainly(buffer, limit);
    if (!got) {
      got.error().name = "network.no_tls";
      got.error().message += ", asked to speak TLS";
      got.error().next = "check whether it does on this port: openssl s_client -connect " + server_;
      return failed(got);
    }
    if (*got == 0) return fail(woken());
    tls_->arrived({buffer.data(), *got});
  }
}

Result<void> Transport::send(std::string_view bytes, Limit limit) {
  if (!tls_) return send_plainly(bytes, limit);
  while (!bytes.empty()) {
    const auto some = bytes.substr(0, piece);
    if (auto encrypted = tls_->encrypt(some); !encrypted) return encrypted;
    if (auto sent = send_plainly(tls_->outgoing(), limit); !sent) {
      return fail(last_words(std::move(sent.error())));
    }
    bytes.remove_prefix(some.size());
  }
  return {};
}

// With TLS 1.3, a client finishes its part of the handshake, and sends, before the server has
// checked its certificate. A server that rejects it sends an alert and closes the connection.
Error Transport::last_words(Error error) {
  std::array<char, piece> buffer{};
  const auto got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (got <= 0) return error;
  tls_->arrived({buffer.data(), static_cast<std::size_t>(got)});
  auto plain = tls_->decrypt(buffer);
  return plain ? error : std::move(plain.error());
}

Result<std::size_t> Transport::receive(std::span<char> bytes, Limit limit) {
  if (!tls_) return receive_plainly(bytes, limit);
  std::array<char, piece> buffer{};
  for (;;) {
    auto plain = tls_->decrypt(bytes);
    if (!plain) return failed(plain);
    if (!*plain) return fail(closed());
    if (**plain > 0) return **plain;
    auto got = receive_plainly(buffer, limit);
    if (!got || *got == 0) return got;
    tls_->arrived({buffer.data(), *got});
  }
}

void Transport::close() {
  if (!tls_) return;
  tls_->close();
  const std::string bytes = tls_->outgoing();
  // Does not wait; if it does not fit, the server sees the end of the connection only.
  (void)::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

Result<void> Transport::send_plainly(std::string_view bytes, Limit limit) {
  while (!bytes.empty()) {
    // Without SIGPIPE.
    const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      auto ready = wait_for(POLLOUT, limit);
      if (!ready) return failed(ready);
      if (!*ready) return fail(woken());
    } else if (errno != EINTR) {
      return fail(broken(errno));
    }
  }
  return {};
}

Result<std::size_t> Transport::receive_plainly(std::span<char> bytes, Limit limit) {
  for (;;) {
    const auto got = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (got > 0) return static_cast<std::size_t>(got);
    if (got == 0) return fail(closed());
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return fail(broken(errno));
    auto ready = wait_for(POLLIN, limit);
    if (!ready) return failed(ready);
    if (!*ready) return 0;
  }
}

Result<bool> Transport::wait_for(short event, Limit limit) {
  // poll() ignores a negative descriptor.
  std::array<pollfd, 2> watched{pollfd{.fd = socket_.get(), .events = event, .revents = 0},
                                pollfd{.fd = limit.wake, .events = POLLIN, .revents = 0}};
  for (;;) {
    const int ready =
        ::poll(watched.data(), watched.size(), static_cast<int>(limit.patience.count()));
    if (ready > 0) return watched[0].revents != 0;
    if (ready == 0) {
      return fail(failure("network.silent",
                          "no answer within " + std::to_string(limit.patience.count()) + " ms"));
    }
    if (errno != EINTR) return fail(broken(errno));
  }
}

}  // namespace headwater::network

#include "src/streams/redis/transport.h"

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

#include "src/streams/redis/errors.h"

namespace headwater::redis {
namespace {

// As many as one read from a socket usually returns at full speed.
constexpr std::size_t piece = std::size_t{64} << 10U;

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { ::freeaddrinfo(addresses); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Error unreachable(const Server& server, const std::string& why) {
  Error error = unavailable(server.name(), why);
  error.next = "start the server, or correct stream.redis.url";
  return error;
}

Result<Addresses> resolve(const Server& server) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int code =
      ::getaddrinfo(server.host.c_str(), std::to_string(server.port).c_str(), &wanted, &found);
  if (code != 0) return fail(unreachable(server, ::gai_strerror(code)));
  return Addresses(found);
}

/// The errno of a failed connection, or 0.
int finish_connecting(int socket, Milliseconds patience) {
  pollfd watched{.fd = socket, .events = POLLOUT, .revents = 0};
  const int ready = ::poll(&watched, 1, static_cast<int>(patience.count()));
  if (ready == 0) return ETIMEDOUT;
  if (ready < 0) return errno;
  int code = 0;
  socklen_t size = sizeof code;
  ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &size);
  return code;
}

}  // namespace

Error Transport::broken(int code) const {
  return unavailable(server_, std::generic_category().message(code));
}

Result<Transport> Transport::connect(const Server& server, Milliseconds patience) {
  auto addresses = resolve(server);
  if (!addresses) return failed(addresses);
  int code = EADDRNOTAVAIL;
  for (const addrinfo* each = addresses->get(); each != nullptr; each = each->ai_next) {
    Descriptor socket(
        ::socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, each->ai_protocol));
    code = ::connect(socket.get(), each->ai_addr, each->ai_addrlen) == 0 ? 0 : errno;
    if (code == EINPROGRESS) code = finish_connecting(socket.get(), patience);
    if (code != 0) continue;
    const int yes = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    Transport transport(std::move(socket), server.name());
    if (!server.tls) return transport;
    auto session = TlsSession::create(server);
    if (!session) return failed(session);
    transport.tls_.emplace(*std::move(session));
    if (auto shaken = transport.handshake(patience); !shaken) {
      return failed(shaken);
    }
    return transport;
  }
  return fail(unreachable(server, std::generic_category().message(code)));
}

Result<void> Transport::handshake(Milliseconds patience) {
  std::array<char, piece> buffer{};
  for (;;) {
    auto done = tls_->handshake();
    // Also the alert of a failure, which the server logs.
    auto sent = send_plainly(tls_->outgoing(), patience);
    if (!done) return failed(done);
    if (!sent) return sent;
    if (*done) return {};
    auto got = receive_plainly(buffer, patience, -1);
    if (!got) {
      got.error().message += ", asked to speak TLS";
      got.error().next = "check whether it does on this port: openssl s_client -connect " + server_;
      return failed(got);
    }
    tls_->arrived({buffer.data(), *got});
  }
}

Result<void> Transport::send(std::string_view bytes, Milliseconds patience) {
  if (!tls_) return send_plainly(bytes, patience);
  while (!bytes.empty()) {
    const auto some = bytes.substr(0, piece);
    if (auto encrypted = tls_->encrypt(some); !encrypted) return encrypted;
    if (auto sent = send_plainly(tls_->outgoing(), patience); !sent) {
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

Result<std::size_t> Transport::receive(std::span<char> bytes, Milliseconds patience, int wake) {
  if (!tls_) return receive_plainly(bytes, patience, wake);
  std::array<char, piece> buffer{};
  for (;;) {
    auto plain = tls_->decrypt(bytes);
    if (!plain) return failed(plain);
    if (!*plain) return fail(unavailable(server_, "it has closed the connection"));
    if (**plain > 0) return **plain;
    auto got = receive_plainly(buffer, patience, wake);
    if (!got || *got == 0) return got;
    tls_->arrived({buffer.data(), *got});
  }
}

Result<void> Transport::send_plainly(std::string_view bytes, Milliseconds patience) {
  while (!bytes.empty()) {
    // Without SIGPIPE.
    const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (auto ready = wait_for(POLLOUT, patience, -1); !ready) {
        return failed(ready);
      }
    } else if (errno != EINTR) {
      return fail(broken(errno));
    }
  }
  return {};
}

Result<std::size_t> Transport::receive_plainly(std::span<char> bytes, Milliseconds patience,
                                               int wake) {
  for (;;) {
    const auto got = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (got > 0) return static_cast<std::size_t>(got);
    if (got == 0) return fail(unavailable(server_, "it has closed the connection"));
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return fail(broken(errno));
    auto ready = wait_for(POLLIN, patience, wake);
    if (!ready) return failed(ready);
    if (!*ready) return 0;
  }
}

Result<bool> Transport::wait_for(short event, Milliseconds patience, int wake) {
  // poll() ignores a negative descriptor.
  std::array<pollfd, 2> watched{pollfd{.fd = socket_.get(), .events = event, .revents = 0},
                                pollfd{.fd = wake, .events = POLLIN, .revents = 0}};
  for (;;) {
    const int ready = ::poll(watched.data(), watched.size(), static_cast<int>(patience.count()));
    if (ready > 0) return watched[0].revents != 0;
    if (ready == 0) {
      return fail(
          unavailable(server_, "no answer within " + std::to_string(patience.count()) + " ms"));
    }
    if (errno != EINTR) return fail(broken(errno));
  }
}

}  // namespace headwater::redis

#include "testing/kafka/former_broker.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <optional>

#include "testing/rig/loopback.h"

namespace headwater::rig {
namespace {

/// Half of a session. After that a successor may be registered, and the request would unregister
/// it.
constexpr Milliseconds safe_span{3'000};

constexpr int no_error = 0;
constexpr int not_registered = 102;  // BROKER_ID_NOT_REGISTERED

/// UnregisterBroker (64), version 0, in a request header of version 2: Kafka's
/// UnregisterBrokerRequest.json and RequestHeader.json.
constexpr std::array<unsigned char, 23> unregister_broker_1{
    0, 0,  0,   19,           // bytes that follow
    0, 64, 0,   0,            // the request and its version
    0, 0,  0,   1,            // correlation id
    0, 3,  'r', 'i', 'g', 0,  // client id; no tagged fields
    0, 0,  0,   1,   0,       // broker id; no tagged fields
};

/// Bytes of a response: size, correlation id, no tagged fields, throttle time, error code.
constexpr std::size_t response_size = 4 + 4 + 1 + 4 + 2;

class Connection {
 public:
  Connection() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Connection() { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] bool open(std::uint16_t port) const {
    const timeval timeout{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    const sockaddr_in address = loopback(port);
    return ::connect(socket_, generic(&address), sizeof address) == 0;
  }

  /// The error code of the response; nullopt if there is none.
  [[nodiscard]] std::optional<int> unregister() const {
    std::array<unsigned char, response_size> response{};
    const auto& request = unregister_broker_1;
    const auto sent = ::send(socket_, request.data(), request.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(request.size())) return std::nullopt;
    const auto received = ::recv(socket_, response.data(), response.size(), MSG_WAITALL);
    if (received != static_cast<ssize_t>(response.size())) return std::nullopt;
    return response[response_size - 2] * 256 + response[response_size - 1];
  }

 private:
  int socket_;
};

}  // namespace

bool FormerBroker::gone() {
  if (gone_) return true;
  const Connection connection;
  const SteadyTime now = SystemClock().steady();
  if (!connection.open(controller_)) {
    unreachable_at_ = now;
    return false;
  }
  const auto error = now - unreachable_at_ < safe_span ? connection.unregister() : no_error;
  gone_ = error == no_error || error == not_registered;
  return gone_;
}

}  // namespace headwater::rig

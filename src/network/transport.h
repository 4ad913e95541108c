// Bytes to and from a server, plain or over TLS. No call waits longer for the next byte than its
// limit, or beyond a wake-up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "src/base/clock.h"
#include "src/base/descriptor.h"
#include "src/base/error.h"
#include "src/network/tls.h"

namespace headwater::network {

struct Place {
  std::string host{};  ///< A name or an address, without brackets.
  std::uint16_t port = 0;
};

/// How long a call waits.
struct Limit {
  Milliseconds patience;  ///< For the next byte, in either direction.
  int wake = -1;          ///< A descriptor that ends the wait when it becomes readable; -1: none.
};

/// Cannot be used after an error, except one: receive() that was silent may be called again. One
/// thread. The caller adds who the server is: a message is only why, and the origin and most of
/// `next` are the caller's affair. Errors: `network.unreachable` (nobody listens), `network.silent`
/// (for longer than the limit), `network.broken` (the connection), `network.closed` (by the server),
/// `network.no_tls` (silent or closed when asked to speak TLS) and `network.woken`, all retry;
/// `network.untrusted` and `network.bad_certificate`, stop.
class Transport {
 public:
  /// Blocks also while the name is looked up, which only the system's resolver limits.
  static Result<Transport> connect(const Place& place, const std::optional<TlsFiles>& tls,
                                   Limit limit);

  Result<void> send(std::string_view bytes, Limit limit);
  /// Reads at least one byte; 0 only if the limit's `wake` became readable first, which is no
  /// error.
  Result<std::size_t> receive(std::span<char> bytes, Limit limit);
  /// Tells the server, if it speaks TLS, that nothing more comes, and waits for nothing. Nothing
  /// can be sent afterwards.
  void close();

 private:
  Transport(Descriptor socket, const Place& place);

  Result<void> handshake(Limit limit);
  /// Why sending failed, if the peer has reported it.
  Error last_words(Error error);
  Result<void> send_plainly(std::string_view bytes, Limit limit);
  Result<std::size_t> receive_plainly(std::span<char> bytes, Limit limit);
  /// Returns true if the socket is ready, false if `wake` is.
  Result<bool> wait_for(short event, Limit limit);

  Descriptor socket_;
  std::string server_;  // "host:port", as programs take it
  std::optional<TlsSession> tls_;
};

}  // namespace headwater::network

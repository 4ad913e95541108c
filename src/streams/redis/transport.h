// Bytes to and from a server, plain or over TLS. No call waits longer for the next byte than its
// limit.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "src/base/clock.h"
#include "src/base/descriptor.h"
#include "src/base/error.h"
#include "src/streams/redis/redis.h"
#include "src/streams/redis/tls.h"

namespace headwater::redis {

/// Cannot be used after an error. One thread.
class Transport {
 public:
  static Result<Transport> connect(const Server& server, Milliseconds patience);

  Result<void> send(std::string_view bytes, Milliseconds patience);
  /// Reads at least one byte; 0 only if `wake` (a descriptor, or -1) became readable first.
  Result<std::size_t> receive(std::span<char> bytes, Milliseconds patience, int wake = -1);

 private:
  Transport(Descriptor socket, std::string server)
      : socket_(std::move(socket)), server_(std::move(server)) {}

  Result<void> handshake(Milliseconds patience);
  /// Why sending failed, if the peer has reported it.
  Error last_words(Error error);
  Result<void> send_plainly(std::string_view bytes, Milliseconds patience);
  Result<std::size_t> receive_plainly(std::span<char> bytes, Milliseconds patience, int wake);
  /// Returns true if the socket is ready, false if `wake` is.
  Result<bool> wait_for(short event, Milliseconds patience, int wake);
  [[nodiscard]] Error broken(int code) const;

  Descriptor socket_;
  std::string server_;
  std::optional<TlsSession> tls_;
};

}  // namespace headwater::redis

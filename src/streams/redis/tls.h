// TLS between a program and its socket: what the program says goes in, what the network gets comes
// out, and back. OpenSSL never touches the socket, so there is one place that waits (transport.h).
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/streams/redis/redis.h"

namespace headwater::redis {

/// One session. Whatever it has to tell the peer waits in outgoing(), also after a failure.
class TlsSession {
 public:
  static Result<TlsSession> create(const Server& server);

  /// One step of the handshake; true once it is done. False: the peer has to say something.
  Result<bool> handshake();
  Result<void> encrypt(std::string_view plain);
  /// Bytes read; 0: the peer has to say more first. Nothing: it said that it is done.
  Result<std::optional<std::size_t>> decrypt(std::span<char> plain);

  void arrived(std::string_view bytes);
  /// What is to be sent; given once.
  [[nodiscard]] std::string outgoing();

 private:
  struct Free {
    void operator()(SSL* session) const { SSL_free(session); }
  };
  TlsSession(std::unique_ptr<SSL, Free> session, std::string server)
      : session_(std::move(session)), server_(std::move(server)) {}
  [[nodiscard]] Error failure(int result) const;

  std::unique_ptr<SSL, Free> session_;
  std::string server_;
};

}  // namespace headwater::redis

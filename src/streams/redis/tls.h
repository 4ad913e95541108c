// TLS between a program and its socket: encrypts what the program sends and decrypts what the
// network brings. OpenSSL never touches the socket, so only transport.h waits.
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

/// One session. Bytes for the peer are in outgoing(), also after a failure.
class TlsSession {
 public:
  static Result<TlsSession> create(const Server& server);

  /// One step of the handshake; returns true once it is done, false if the peer must send something
  /// first.
  Result<bool> handshake();
  Result<void> encrypt(std::string_view plain);
  /// Returns the bytes read; 0: the peer must send more first. Nothing: the peer has closed the
  /// session.
  Result<std::optional<std::size_t>> decrypt(std::span<char> plain);

  void arrived(std::string_view bytes);
  /// The bytes to send; returned once.
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

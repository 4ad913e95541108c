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

namespace headwater::network {

/// Paths of PEM files; each may be empty.
struct TlsFiles {
  std::string authority{};    ///< Who signed the server's certificate; empty: the system's list.
  std::string certificate{};  ///< The client's own; others of its chain may follow it.
  std::string key{};
};

/// A client's session. Bytes for the server are in outgoing(), also after a failure. Failures other
/// than create()'s are `network.untrusted`, stop; the message is only why.
class TlsSession {
 public:
  /// `host`: the name or address that the server's certificate must have. Reads the files. Fails
  /// with stop, `network.bad_certificate`.
  static Result<TlsSession> create(const std::string& host, const TlsFiles& files);

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
  /// Says that nothing more will be sent.
  void close();

 private:
  struct Free {
    void operator()(SSL* session) const { SSL_free(session); }
  };
  explicit TlsSession(std::unique_ptr<SSL, Free> session) : session_(std::move(session)) {}
  [[nodiscard]] Error failure(int result) const;

  std::unique_ptr<SSL, Free> session_;
};

}  // namespace headwater::network

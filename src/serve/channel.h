// The socket of one client, plain or with TLS. No call blocks.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "src/base/descriptor.h"
#include "src/base/error.h"

// OpenSSL's.
struct ssl_ctx_st;
struct ssl_st;

namespace headwater::serve {

/// A server's certificate and key, for all of its channels.
class TlsContext {
 public:
  /// Reads the files, in PEM format; the certificate may be followed by those of its authorities.
  /// Fails with `serve.bad_certificate`.
  static Result<TlsContext> load(const std::string& certificate, const std::string& key);

 private:
  friend class Channel;
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  explicit TlsContext(std::unique_ptr<ssl_ctx_st, Free> context) : context_(std::move(context)) {}
  std::unique_ptr<ssl_ctx_st, Free> context_;
};

/// One thread.
class Channel {
 public:
  /// With `tls` unless it is null. The handshake is part of the first receive().
  Channel(Descriptor socket, const TlsContext* tls);

  [[nodiscard]] int socket() const { return socket_.get(); }

  /// The bytes received or sent; 0: none for now. Nothing: the channel is at its end, or broken.
  [[nodiscard]] std::optional<std::size_t> receive(std::span<char> to);
  [[nodiscard]] std::optional<std::size_t> send(std::span<const iovec> pieces);
  /// After a call that returned 0: what it waits for, POLLIN or POLLOUT. With TLS, receiving may
  /// have to send.
  [[nodiscard]] short waits_for() const { return waits_for_; }

  /// Nothing is sent after this.
  void finish();

 private:
  struct Free {
    void operator()(ssl_st* session) const;
  };
  [[nodiscard]] std::optional<std::size_t> after_tls(int result);

  Descriptor socket_;
  std::unique_ptr<ssl_st, Free> session_;
  short waits_for_ = 0;
  bool shaken_ = false;
  std::uint64_t at_data_ = 0;  ///< Bytes of TLS received when there was data last.
};

}  // namespace headwater::serve

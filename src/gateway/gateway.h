// Streams over HTTP, for consumers that have no client of the stream (docs/serve.md).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/gateway/access.h"
#include "src/ports/stream.h"

namespace headwater::gateway {

struct ServedStream {
  std::string relay;
  /// Any thread may call it.
  std::function<Result<std::unique_ptr<StreamReader>>()> open;
};

struct GatewayOptions {
  std::string listen;       ///< "127.0.0.1:8080"; port 0: any free port.
  std::string certificate;  ///< PEM file; empty: no TLS.
  std::string key;
  std::vector<Access::Token> tokens;  ///< Empty: whoever can connect may do everything.
  std::size_t clients = 1'000;
  std::size_t client_buffer = std::size_t{256} << 10U;
  /// An error of a stream; called from any thread.
  std::function<void(const std::string& relay, const Error& error)> note_error;
};

/// Serves from its own threads until it is destroyed, which closes all connections.
class Gateway {
 public:
  /// Fails with `serve.exposed` if others than this machine could connect and there are no tokens,
  /// or no TLS; with `serve.cannot_listen` and `serve.bad_certificate`. `clock` must outlive it.
  static Result<std::unique_ptr<Gateway>> listen(const GatewayOptions& options,
                                                 const std::vector<ServedStream>& streams,
                                                 const Clock& clock);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  /// With the chosen port: "http://127.0.0.1:34567".
  [[nodiscard]] std::string address() const;
  [[nodiscard]] int port() const;

 private:
  struct Parts;
  explicit Gateway(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace headwater::gateway

// A server on a free loopback port that speaks the wire protocol as a function says.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "src/base/descriptor.h"
#include "testing/rethinkdb/peer.h"
#include "testing/rig/certificates.h"

namespace headwater::rethinkdb {

/// Runs the function for each connection, in a thread of its own, and closes the connection when it
/// returns.
class WireServer {
 public:
  using Serve = std::function<void(Peer& peer)>;

  /// Listens before it returns, at a loopback address. With TLS if there are certificates. `port`: 0
  /// for a free one.
  explicit WireServer(Serve serve, const std::optional<rig::Certificates>& certificates = {},
                      const std::string& address = "127.0.0.1", std::uint16_t port = 0);
  /// Cuts all connections, and waits until the functions have returned.
  ~WireServer();
  WireServer(const WireServer&) = delete;
  WireServer& operator=(const WireServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  struct Served {
    std::shared_ptr<Peer> peer;
    std::thread thread;
  };
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  void accept_all();

  Serve serve_;
  std::unique_ptr<SSL_CTX, Free> tls_;
  Descriptor listener_;
  std::uint16_t port_ = 0;
  std::list<Served> served_;  // only the thread's, until it has ended
  std::thread thread_;
};

}  // namespace headwater::rethinkdb

// What the tests of connections share.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>

#include "src/rethinkdb/connection.h"
#include "testing/rethinkdb/wire_server.h"
#include "testing/rig/waiting.h"

namespace headwater::rethinkdb {

inline Accounts test_accounts() {
  return {{.user = "headwater", .password = "secret", .iterations = 2}};
}

inline ConnectionOptions options_for(std::uint16_t port) {
  return {.server = {.host = "127.0.0.1", .port = port},
          .login = {.user = "headwater", .password = "secret"},
          .connect_patience = rig::patience,
          .patience = rig::patience};
}

/// Throws if it fails.
inline std::unique_ptr<Connection> connected(const ConnectionOptions& options) {
  auto connection = Connection::open(options, {});
  if (!connection) throw std::runtime_error(connection.error().message);
  return *std::move(connection);
}

/// A server that logs clients in, and then does as told.
inline WireServer::Serve after_login(const WireServer::Serve& serve) {
  return [serve](Peer& peer) {
    if (peer.log_in(test_accounts())) serve(peer);
  };
}

/// "none": it was opened.
inline Error error_of_opening(const ConnectionOptions& options) {
  auto connection = Connection::open(options, {});
  return connection ? Error{.name = "none"} : connection.error();
}

}  // namespace headwater::rethinkdb

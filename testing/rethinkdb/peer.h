// The server's half of one connection.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "src/base/descriptor.h"
#include "src/rethinkdb/frame.h"
#include "testing/rethinkdb/scram_server.h"

namespace headwater::rethinkdb {

/// Blocks until the client has sent or taken what a call is about, or has closed the connection. One
/// thread, except for cut().
class Peer {
 public:
  /// `tls`: null without it.
  Peer(Descriptor socket, SSL_CTX* tls);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  /// The whole login, as RethinkDB does it; false if the client was refused, or has gone.
  bool log_in(const Accounts& accounts);
  /// Who has logged in.
  [[nodiscard]] const std::string& user() const { return user_; }
  /// The next query; nothing if the client has gone.
  std::optional<Frame> query();
  void answer(Token token, std::string_view json);
  /// The answer to the next query; false if the client has gone.
  bool answer_next(std::string_view json);

  /// Any bytes.
  void send(std::string_view bytes);
  /// What the client sends up to a NUL, without it; nothing if it has gone.
  std::optional<std::string> read_text();
  /// As many bytes; fewer if the client has gone.
  std::string read(std::size_t size);
  /// Reads until the client has closed the connection.
  void read_to_the_end();
  /// Waits for the same, or for cut(), without reading.
  void wait_for_the_end() const;
  /// Waits until the client has sent something or has gone, or `also` is readable. Returns whether
  /// it was the client.
  [[nodiscard]] bool wait_for_bytes(int also) const;
  /// Whether the client has said, with TLS, that it closes the connection.
  [[nodiscard]] bool was_closed() const;
  /// Ends all calls, and the connection. Any thread.
  void cut();

 private:
  /// Always false.
  bool refuse(const Refusal& refusal);

  struct Free {
    void operator()(SSL* session) const { SSL_free(session); }
  };
  Descriptor socket_;
  std::unique_ptr<SSL, Free> session_;
  std::string user_;
};

}  // namespace headwater::rethinkdb

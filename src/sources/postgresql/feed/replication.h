// The stream of messages that a replication slot sends.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/sources/postgresql/server/connection.h"
#include "src/sources/postgresql/server/lsn.h"

namespace headwater::postgresql {

struct Received {
  /// Of the change's record; 0 for a message that has none.
  Lsn record = 0;
  std::string_view message;  ///< Of the plugin; empty: this is a keepalive. Valid until next().
  /// Only of a keepalive: everything that was committed before it has been sent.
  Lsn end = 0;
  bool reply_wanted = false;
};

/// One thread.
class Replication {
 public:
  struct Options {
    std::string slot;
    std::string publication;
    bool messages = false;
  };
  /// Sends START_REPLICATION on `connection`. The slot sends whole transactions whose commit record
  /// is at `from` or later, and that it has not confirmed.
  static Answered<Replication> start(std::unique_ptr<Connection> connection, const Options& options,
                                     Lsn from, const std::stop_token& stop);
  /// The same with another command, such as one for the log's own bytes; `record` is then their
  /// place.
  static Answered<Replication> start(std::unique_ptr<Connection> connection,
                                     const std::string& command, const std::stop_token& stop);

  /// What has arrived; nullopt: nothing whole. Does not block.
  Answered<std::optional<Received>> next();
  /// Says that everything before `flushed` may be forgotten (0: nothing more than before), and that
  /// this connection lives. `reply`: asks for a keepalive.
  Result<void> report(Lsn received, Lsn flushed, bool reply);
  void wait_readable(Milliseconds longest, const std::stop_token& stop) {
    connection_->wait_readable(longest, stop);
  }

 private:
  explicit Replication(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)) {}
  Answered<std::optional<Received>> parsed(std::string_view bytes) const;

  struct Free {
    void operator()(char* bytes) const { PQfreemem(bytes); }
  };
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<char, Free> bytes_;  // of the last message
};

}  // namespace headwater::postgresql

// A connection that is opened when it is needed, and the errors of a followed table.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/rethinkdb/connection.h"
#include "src/rethinkdb/term.h"
#include "src/sources/rethinkdb/options.h"

namespace headwater::rethinkdb {

/// One thread at a time. Errors have Origin::source. An error of the connection closes it; the next
/// call opens another.
///
/// Besides the errors of Connection: `source.no_such_table` (the table, its database or an index is
/// not there), stop.
class Session {
 public:
  /// `options` must outlive it.
  explicit Session(const SourceOptions& options) : options_(&options) {}

  /// The open connection. Connects if there is none.
  Result<Connection*> connection(const std::stop_token& stop);
  [[nodiscard]] bool is_open() const { return connection_ && connection_->is_open(); }
  void close() { connection_.reset(); }

  /// All results.
  Result<Results> ask(const Term& term, const std::stop_token& stop, const Options& options = {});
  /// Sends the query without waiting for its answer.
  Result<Token> send(const Term& term, const std::stop_token& stop);
  /// Asks for the next answer, after a partial one was received.
  Result<void> proceed(Token token, const std::stop_token& stop);
  /// The next answer to it, or nothing if it has not come after `longest`.
  Result<std::optional<Reply>> receive(Token token, Milliseconds longest,
                                       const std::stop_token& stop);

  [[nodiscard]] const SourceOptions& options() const { return *options_; }

 private:
  const SourceOptions* options_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace headwater::rethinkdb

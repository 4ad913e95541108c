// A changefeed that says when there may be something to read. It is a hint: changefeeds lose changes,
// and show some that are undone.
#pragma once

#include <optional>
#include <stop_token>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/sources/rethinkdb/journal/queries.h"
#include "src/sources/rethinkdb/server/session.h"

namespace headwater::rethinkdb {

class WakeFeed {
 public:
  /// `session` must outlive it.
  explicit WakeFeed(Session& session) : session_(&session) {}

  /// `feed`: such as wake_feed().
  Result<void> begin(const Term& feed, const std::stop_token& stop);
  /// Waits for `longest` at the most. Returns whether something has changed since the last call that
  /// returned true. Fails with retry when the server ends the feed.
  Result<bool> wait(Milliseconds longest, const std::stop_token& stop);
  /// The connection is gone.
  void drop() { token_.reset(); }

 private:
  Session* session_;
  std::optional<Token> token_;
};

}  // namespace headwater::rethinkdb

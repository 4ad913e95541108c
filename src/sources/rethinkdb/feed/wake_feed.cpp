#include "src/sources/rethinkdb/feed/wake_feed.h"

#include "src/base/invariant.h"

namespace headwater::rethinkdb {

Result<void> WakeFeed::begin(const Term& feed, const std::stop_token& stop) {
  auto sent = session_->send(feed, stop);
  if (!sent) return failed(sent);
  token_ = *sent;
  return {};
}

Result<bool> WakeFeed::wait(Milliseconds longest, const std::stop_token& stop) {
  invariant(token_.has_value(), "a feed is waited for after it has begun");
  auto reply = session_->receive(*token_, longest, stop);
  if (!reply) return failed(reply);
  if (!*reply) return false;
  if (!(*reply)->partial()) {
    return fail({.remedy = Remedy::retry,
                 .origin = Origin::source,
                 .name = "source.unavailable",
                 .message = "the server has ended the changefeed",
                 .next = {}});
  }
  if (auto asked = session_->proceed(*token_, stop); !asked) return failed(asked);
  return true;
}

}  // namespace headwater::rethinkdb

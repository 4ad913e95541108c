// Commands to a Redis server, whose errors are those of an inbox.
#pragma once

#include <headwater/inbox/inbox.h>
#include <hiredis.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace headwater::client::inbox {

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

[[nodiscard]] inline bool is_error(const redisReply& reply) {
  return reply.type == REDIS_REPLY_ERROR;
}
/// The text of a reply; empty if it has none.
[[nodiscard]] inline std::string_view text_of(const redisReply& reply) {
  return reply.str == nullptr ? std::string_view() : std::string_view(reply.str, reply.len);
}
/// The replies in an array, without bounds beyond it.
[[nodiscard]] inline std::vector<const redisReply*> elements_of(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_ARRAY) return {};
  return {reply.element, reply.element + reply.elements};
}

/// The caller's connection. One thread.
class Server {
 public:
  Server(redisContext* context, const InboxOptions& options)
      : context_(context), options_(&options) {}

  /// Adds a command to those that are sent next. The words may be temporary.
  void append(const std::vector<std::string_view>& words);
  /// Sends what was appended and returns the next reply, which may be an error of the server.
  Result<Reply> next();
  /// The next reply; an error of the server is an Error.
  Result<Reply> next_good();
  /// Reads `count` replies. Returns the first error of the server among them, after the last.
  Result<void> skip(std::size_t count);

  [[nodiscard]] Error error(std::string_view said) const;

 private:
  redisContext* context_;
  const InboxOptions* options_;
};

}  // namespace headwater::client::inbox

#include "src/inbox/redis/server.h"

#include <optional>

#include "src/inbox/shared/errors.h"

namespace headwater::client::inbox {
namespace {

/// From the first word of the server's error.
Cause cause_of(std::string_view said) {
  const auto is = [&](std::string_view word) { return said.starts_with(word); };
  if (is("NOPERM") || is("NOAUTH") || is("WRONGPASS")) return Cause::denied;
  if (is("READONLY")) return Cause::read_only;
  if (is("OOM") || is("MISCONF")) return Cause::full;
  if (is("MOVED") || is("ASK") || is("MASTERDOWN")) return Cause::connection;
  if (is("LOADING") || is("BUSY") || is("TRYAGAIN") || is("CLUSTERDOWN") || is("NOREPLICAS")) {
    return Cause::busy;
  }
  return Cause::other;
}

}  // namespace

Error Server::error(std::string_view said) const {
  Error error = database_error(*options_, cause_of(said), "Redis: " + std::string(said));
  if (said.starts_with("CROSSSLOT")) {
    error.next = "give `table` the hash tag of the keys that the transaction changes: \"{shop}:" +
                 options_->table + "\"";
  }
  return error;
}

void Server::append(const std::vector<std::string_view>& words) {
  std::vector<const char*> begins;
  std::vector<std::size_t> sizes;
  begins.reserve(words.size());
  sizes.reserve(words.size());
  for (const auto word : words) {
    begins.push_back(word.data());
    sizes.push_back(word.size());
  }
  // If it fails, so does the next reply.
  (void)redisAppendCommandArgv(context_, static_cast<int>(words.size()), begins.data(),
                               sizes.data());
}

Result<Reply> Server::next() {
  void* reply = nullptr;
  if (redisGetReply(context_, &reply) != REDIS_OK || reply == nullptr) {
    return database_error(*options_, Cause::connection, std::string("Redis: ") + context_->errstr);
  }
  return Reply(static_cast<redisReply*>(reply));
}

Result<Reply> Server::next_good() {
  auto reply = next();
  if (reply && is_error(**reply)) return error(text_of(**reply));
  return reply;
}

Result<void> Server::skip(std::size_t count) {
  std::optional<Error> first;
  for (; count > 0; --count) {
    auto reply = next();
    if (!reply) return reply.error();
    if (is_error(**reply) && !first) first = error(text_of(**reply));
  }
  if (first) return *first;
  return {};
}

}  // namespace headwater::client::inbox

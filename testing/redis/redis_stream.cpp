#include "testing/redis/redis_stream.h"

#include <hiredis.h>

#include <utility>

namespace headwater::rig {

std::vector<std::vector<std::string>> redis_fields(const RedisServer& server,
                                                   const std::string& key,
                                                   const std::vector<std::string>& names) {
  std::vector<std::vector<std::string>> all;
  for (std::string from = "-";;) {
    const auto some = server.command({"XRANGE", key, from, "+", "COUNT", "2000"});
    if (some->type != REDIS_REPLY_ARRAY || some->elements == 0) return all;
    for (std::size_t at = 0; at < some->elements; ++at) {
      const redisReply& entry = *some->element[at];
      from = "(" + std::string(entry.element[0]->str, entry.element[0]->len);
      const redisReply& fields = *entry.element[1];
      std::vector<std::string> values(names.size());
      for (std::size_t field = 0; field + 1 < fields.elements; field += 2) {
        const redisReply& value = *fields.element[field + 1];
        for (std::size_t n = 0; n < names.size(); ++n) {
          if (names[n] == fields.element[field]->str) values[n].assign(value.str, value.len);
        }
      }
      all.push_back(std::move(values));
    }
  }
}

RedisStream::RedisStream(RedisOptions options)
    : server_(std::move(options)), proxy_(server_.port()) {}

std::string RedisStream::configuration() const {
  return "redis: { url: 'redis://127.0.0.1:" + std::to_string(proxy_.port()) + "', key: events" +
         keys_ + " }";
}

std::vector<StreamUnderTest::Seen> RedisStream::events() const {
  std::vector<Seen> events;
  for (auto& fields : redis_fields(*current_, "events", {"id", "type"})) {
    events.push_back({.id = std::move(fields[0]), .type = std::move(fields[1])});
  }
  return events;
}

std::uint64_t RedisStream::progress() const {
  // While the server starts, there is an error or no reply.
  const auto answer = current_->try_command({"XREVRANGE", "events", "+", "-", "COUNT", "1"});
  if (!answer || answer->type != REDIS_REPLY_ARRAY || answer->elements == 0) return 0;
  return std::stoull(answer->element[0]->element[0]->str + 2);  // after "0-"
}

std::unique_ptr<StreamUnderTest> redis_stream(const TemporaryFolder& /*folder*/) {
  return std::make_unique<RedisStream>();
}

}  // namespace headwater::rig

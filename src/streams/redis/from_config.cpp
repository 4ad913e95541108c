// In its own file, so that only programs that read a configuration need that library.
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "src/streams/redis/keys.h"
#include "src/streams/redis/redis.h"

namespace headwater {
namespace {

constexpr std::int64_t most_replicas = 100;
constexpr std::int64_t most_events = std::numeric_limits<std::int64_t>::max();

redis::Server server(config::Section& section) {
  const std::string url = section.address("url");
  redis::Server server;
  if (!url.empty()) {
    auto parsed = redis::parse_url(url);
    if (parsed) {
      server = *std::move(parsed);
    } else {
      section.complain("url", parsed.error().message + "; " + parsed.error().next);
    }
  }
  server.user = section.text_or("user", server.user);
  server.password = section.text_or("password", server.password);
  const redis::Tls tls = streams::read_tls(section);
  if (server.tls) {
    server.tls = tls;
  } else if (section.has("tls")) {
    section.complain("tls", "is only for a url that begins with rediss://");
  }
  return server;
}

}  // namespace

Result<std::unique_ptr<StreamAdapter>> make_redis_stream(config::Section section,
                                                         const Clock& clock) {
  redis::Options options{.server = server(section), .key = section.text_or("key", "events")};
  if (!redis::keys_of(options.key)) {
    section.complain("key", "may have no { or }, except one {tag} at its beginning");
  }
  options.replicas =
      static_cast<std::uint32_t>(section.integer_or("replicas", 0, 0, most_replicas));
  config::Section retention = section.child("retention");
  options.retention = streams::read_retention(retention);
  const std::int64_t length = retention.integer_or("length", 0, 1, most_events);
  if (length > 0) options.retention.length = static_cast<std::uint64_t>(length);
  if (auto ok = section.finish(); !ok) return failed(ok);
  return redis::make_stream(std::move(options), clock);
}

}  // namespace headwater

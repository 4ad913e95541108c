// A Redis Stream. Relays append by a script on the server, which compares first.
// docs/formats/redis-stream.md specifies the keys.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/config/section.h"
#include "src/ports/adapter.h"
#include "src/streams/shared/options.h"

namespace headwater {

namespace redis {

using streams::Retention;
using streams::Tls;

struct Server {
  std::string host{};
  std::uint16_t port = 6379;
  std::string user{};
  std::string password{};
  std::uint32_t database = 0;
  std::optional<Tls> tls{};

  /// For messages; contains no secret.
  [[nodiscard]] std::string name() const;
};

struct Options {
  Server server{};
  std::string key = "events";
  /// An append is durable once this many replicas have acknowledged it.
  std::uint32_t replicas = 0;
  Retention retention{};
};

/// "redis://user:password@host:6379/0", rediss:// for TLS. User and password may be
/// percent-encoded. The error contains no part of it.
Result<Server> parse_url(const std::string& url);

/// `clock` must outlive the adapter and everything it creates.
[[nodiscard]] std::unique_ptr<StreamAdapter> make_stream(Options options, const Clock& clock);

}  // namespace redis

/// From `stream: { redis: { url, key, user, password, tls, replicas, retention } }`; the section is
/// the mapping under `redis`. Opens nothing yet.
Result<std::unique_ptr<StreamAdapter>> make_redis_stream(config::Section section,
                                                         const Clock& clock);

}  // namespace headwater

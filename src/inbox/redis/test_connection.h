// The inbox suite's consumer on Redis.
#pragma once

#include <hiredis.h>

#include <memory>
#include <string>

#include "testing/contract/inbox_connection.h"

namespace headwater::testing {

struct CloseRedis {
  void operator()(redisContext* context) const { redisFree(context); }
};
using RedisConnection = std::unique_ptr<redisContext, CloseRedis>;

/// `port` of this machine. Ends the program if it cannot connect.
[[nodiscard]] RedisConnection connect_redis(const std::string& port);

/// `address` is a port. Its effects are in the list TABLE:effects.
[[nodiscard]] InboxOpened open_redis(const std::string& address,
                                     const client::InboxOptions& options);

}  // namespace headwater::testing

// The server that the cases of this room's test program share.
#pragma once

#include "testing/redis/redis_server.h"

namespace headwater::testing {

/// Started by the first call, and empty after each.
[[nodiscard]] const rig::RedisServer& shared_redis();

}  // namespace headwater::testing

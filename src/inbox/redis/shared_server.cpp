#include "src/inbox/redis/shared_server.h"

namespace headwater::testing {

const rig::RedisServer& shared_redis() {
  static const rig::RedisServer server;
  server.command({"FLUSHALL"});
  return server;
}

}  // namespace headwater::testing

// A stream on a server that goes away and comes back.
#include <gmock/gmock.h>

#include "testing/redis/redis_stream.h"
#include "testing/rig/waiting.h"
#include "testing/serve/served.h"

namespace headwater {
namespace {

using gateway::Listener;
using testing::HasSubstr;

TEST(ServeRedis, AStreamThatWasAwayContinues) {
  rig::RedisStream redis({.appendfsync = "always"});
  Served served("{ " + redis.configuration() + " }");
  served.prepare();
  served.append(50);
  served.start();
  Listener listener(served.port(), live_from_earliest);
  const auto first = listener.ids(50);
  ASSERT_EQ(first.size(), 50U);
  const auto page = served.get("/streams/orders/events?limit=10");
  EXPECT_EQ(page.json()["events"].size(), 10U) << page.body;

  redis.kill_server();
  EXPECT_TRUE(rig::wait_until([&] { return served.get("/streams/orders/events").status == 503; }));
  EXPECT_EQ(served.get("/healthz").status, 200);
  Listener meanwhile(served.port(), live_from_earliest);
  EXPECT_EQ(meanwhile.next(), ": headwater");
  redis.start_server();
  served.append(1);
  const auto next = listener.ids(1);
  ASSERT_EQ(next.size(), 1U);
  EXPECT_GT(next[0], first.back());
  EXPECT_EQ(meanwhile.ids(51).size(), 51U);
  EXPECT_TRUE(rig::wait_until([&] { return served.get("/streams/orders/events").status == 200; }));
  EXPECT_THAT(served.process().errors(), HasSubstr("orders: "));

  // It continues exactly where another client stopped.
  EXPECT_EQ(Listener(served.port(), "/streams/orders/live",
                     "Last-Event-ID: " + std::to_string(first.back()) + "\r\n")
                .ids(1),
            next);
}

}  // namespace
}  // namespace headwater

// Error replies, and the errors they become.
#include "src/streams/redis/errors.h"

#include <string>

#include "src/streams/redis/test_stream.h"

namespace headwater::redis {
namespace {

/// The text depends on the server's version.
TEST(RedisErrors, ARightMissingInAScriptIsKnown) {
  for (const char* reply :
       {"ERR The user executing the script can't run this command or subcommand script: fd24674e, "
        "on @user_script:14.",
        "ERR ACL failure in script: User relay has no permissions to run the 'hmget' command "
        "script: fd24674e, on @user_script:14."}) {
    expect_stop(refused("h:1", reply), "stream.unauthorized");
  }
}

/// A relay waits while a server or a cluster is not ready.
TEST(RedisErrors, WhatPassesIsTriedAgainAndSaysWhatToDo) {
  for (const char* reply :
       {"LOADING Redis is loading the dataset in memory",
        "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
        "TRYAGAIN Multiple keys request during rehashing of slot",
        "CLUSTERDOWN The cluster is down", "MOVED 2649 10.0.0.6:6379", "ASK 2649 10.0.0.6:6379",
        "MASTERDOWN Link with MASTER is down", "ERR max number of clients reached"}) {
    const Error error = refused("h:1", reply);
    EXPECT_EQ(error.remedy, Remedy::retry) << reply;
    EXPECT_NE(error.name, "stream.refused") << reply;
    EXPECT_FALSE(error.next.empty()) << reply;
  }
}

TEST(RedisErrors, AServerThatIsAwayCanBeTried) {
  EXPECT_NE(unavailable("db:6379/2", "test").next.find("redis-cli -h db -p 6379 PING"),
            std::string::npos);
  EXPECT_NE(unavailable("[::1]:7000", "test").next.find("redis-cli -h ::1 -p 7000 PING"),
            std::string::npos);
}

}  // namespace
}  // namespace headwater::redis

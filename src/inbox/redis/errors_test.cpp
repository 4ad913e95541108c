#include <gtest/gtest.h>
#include <headwater/inbox/redis.h>
#include <hiredis.h>

#include "src/inbox/redis/shared_server.h"
#include "src/inbox/redis/test_connection.h"
#include "testing/contract/inbox_errors.h"

namespace headwater::testing {
namespace {

using client::RedisInbox;
using client::Remedy;

class RedisInboxErrors : public ::testing::Test {
 protected:
  ~RedisInboxErrors() override {
    server_.set("maxmemory", "0");
    server_.set("maxmemory-policy", "noeviction");
  }

  [[nodiscard]] RedisConnection connect() const {
    return connect_redis(std::to_string(server_.port()));
  }
  [[nodiscard]] RedisInbox open() const {
    auto inbox = RedisInbox::open(connection_.get(), options_);
    EXPECT_TRUE(inbox) << inbox.error().message;
    return *std::move(inbox);
  }
  /// Sends a command on the inbox's connection, and reads its reply.
  void send(const char* command) const {
    freeReplyObject(redisCommand(connection_.get(), command));
  }
  /// Fails the test unless the connection is in no transaction.
  void expect_usable() const {
    const rig::RedisAnswer answer(
        static_cast<redisReply*>(redisCommand(connection_.get(), "ECHO usable")));
    ASSERT_TRUE(answer);
    EXPECT_STREQ(answer->str, "usable");
  }

  const rig::RedisServer& server_ = shared_redis();
  const client::InboxOptions options_{.consumer = "mail"};
  RedisConnection connection_ = connect();
  const SampleEvents events_{1, 3};
};

TEST_F(RedisInboxErrors, CallsInsideAndOutsideATransaction) {
  auto inbox = open();
  expect_error(inbox.commit(), "inbox.no_transaction", "outside", Remedy::stop);
  ASSERT_TRUE(inbox.begin(events_.all()));
  expect_error(inbox.forget_some(1), "inbox.in_transaction", "forget_some()", Remedy::stop);
  expect_error(inbox.begin(events_.all()), "inbox.in_transaction", "begin()", Remedy::stop);
  ASSERT_TRUE(inbox.discard());
  expect_usable();
}

TEST_F(RedisInboxErrors, SomebodyElsesClaim) {
  auto inbox = open();
  const auto other = connect();
  auto others = RedisInbox::open(other.get(), options_);
  ASSERT_TRUE(others);
  ASSERT_TRUE(inbox.begin(events_.all()));
  ASSERT_TRUE(others->begin(events_.all()));
  ASSERT_TRUE(others->commit());
  expect_error(inbox.commit(), "inbox.busy", "another transaction", Remedy::retry);
  EXPECT_EQ(*inbox.begin(events_.all()), std::vector<bool>(3, false));
}

TEST_F(RedisInboxErrors, APolicyThatEvicts) {
  server_.set("maxmemory-policy", "allkeys-lru");
  expect_error(RedisInbox::open(connection_.get(), options_), "inbox.may_be_evicted", "allkeys-lru",
               Remedy::stop);
  server_.set("maxmemory-policy", "volatile-lru");
  auto inbox = open();
  server_.set("maxmemory-policy", "allkeys-random");
  expect_error(inbox.forget_some(1), "inbox.may_be_evicted", "allkeys-random", Remedy::stop);
}

TEST_F(RedisInboxErrors, TheKeysHaveNoTimeToLive) {
  auto inbox = open();
  ASSERT_TRUE(inbox.begin(events_.all()));
  ASSERT_TRUE(inbox.commit());
  ASSERT_TRUE(inbox.forget_some(3));
  for (const std::string key :
       {"headwater_inbox", "{headwater_inbox}:ids", "{headwater_inbox}:marks"}) {
    EXPECT_EQ(server_.command({"TTL", key})->integer, -1) << key;
  }
}

TEST_F(RedisInboxErrors, DeletedKeys) {
  auto inbox = open();
  server_.command({"FLUSHALL"});
  expect_error(inbox.begin(events_.all()), "inbox.lost", "deleted", Remedy::stop);
  expect_usable();
}

TEST_F(RedisInboxErrors, ACommandThatRedisDoesNotAccept) {
  auto inbox = open();
  ASSERT_TRUE(inbox.begin(events_.all()));
  redisAppendCommand(connection_.get(), "RPUSH effects one");
  redisAppendCommand(connection_.get(), "RPUSH effects");
  expect_error(inbox.commit(2), "inbox.refused", "wrong number of arguments", Remedy::stop);
  expect_usable();
  EXPECT_EQ(*inbox.begin(events_.all()), std::vector<bool>(3, true));
}

TEST_F(RedisInboxErrors, ACommandThatFailsAtRunTime) {
  auto inbox = open();
  server_.command({"SET", "effects", "text"});
  ASSERT_TRUE(inbox.begin(events_.all()));
  send("RPUSH effects one");
  expect_error(inbox.commit(), "inbox.command_failed", "WRONGTYPE", Remedy::stop);
}

TEST_F(RedisInboxErrors, FullMemory) {
  auto inbox = open();
  server_.set("maxmemory", "1");
  expect_error(inbox.begin(events_.all()), "inbox.full", "OOM", Remedy::retry);
  server_.set("maxmemory", "0");
  expect_usable();
  EXPECT_EQ(*inbox.begin(events_.all()), std::vector<bool>(3, true));
}

TEST_F(RedisInboxErrors, AMissingRight) {
  (void)open();
  server_.command({"ACL", "SETUSER", "reader", "on", "nopass", "~*", "+@all", "-zadd"});
  send("AUTH reader any");
  auto inbox = open();
  expect_error(inbox.begin(events_.all()), "inbox.denied", "NOPERM", Remedy::stop);
  expect_usable();
  server_.command({"ACL", "SETUSER", "reader", "-info"});
  expect_error(RedisInbox::open(connection_.get(), options_), "inbox.denied", "NOPERM",
               Remedy::stop);
  server_.command({"ACL", "DELUSER", "reader"});
}

TEST_F(RedisInboxErrors, AKeyOfAnotherType) {
  server_.command({"SET", "{headwater_inbox}:ids", "mail"});
  expect_error(RedisInbox::open(connection_.get(), options_), "inbox.other_shape", "is a string",
               Remedy::stop);
}

TEST_F(RedisInboxErrors, ALostConnection) {
  auto inbox = open();
  server_.command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  expect_error(inbox.begin(events_.all()), "inbox.connection_lost", "Redis: ", Remedy::retry);
}

}  // namespace
}  // namespace headwater::testing

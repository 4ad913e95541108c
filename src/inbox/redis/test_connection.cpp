#include "src/inbox/redis/test_connection.h"

#include <headwater/inbox/redis.h>

#include <cstdlib>

#include "testing/rig/server_program.h"

namespace headwater::testing {
namespace {

class Consumer : public InboxConnection {
 public:
  Consumer(RedisConnection connection, client::RedisInbox inbox, std::string effects)
      : connection_(std::move(connection)),
        inbox_(std::move(inbox)),
        effects_(std::move(effects)) {}

  client::Result<std::vector<bool>> claim(std::span<const client::Delivery> deliveries,
                                          std::uint64_t /*acknowledged*/) override {
    unread_ = 0;
    return inbox_.begin(deliveries);
  }
  /// Every second command is sent later, with others.
  client::Result<void> apply(const std::string& id) override {
    later_ = !later_;
    if (later_) {
      redisAppendCommand(connection_.get(), "RPUSH %s %b", effects_.c_str(), id.data(), id.size());
      ++unread_;
      return {};
    }
    // The replies come in order.
    redisAppendCommand(connection_.get(), "RPUSH %s %b", effects_.c_str(), id.data(), id.size());
    for (++unread_; unread_ > 0; --unread_) {
      void* reply = nullptr;
      if (redisGetReply(connection_.get(), &reply) != REDIS_OK) {
        return client::Error{.name = "test.redis", .message = connection_->errstr};
      }
      freeReplyObject(reply);
    }
    return {};
  }
  client::Result<void> commit() override { return inbox_.commit(unread_); }
  void roll_back() override { (void)inbox_.discard(unread_); }
  client::Result<bool> forget_some(std::uint64_t acknowledged) override {
    return inbox_.forget_some(acknowledged);
  }

 private:
  RedisConnection connection_;
  client::RedisInbox inbox_;
  std::string effects_;
  bool later_ = false;
  std::size_t unread_ = 0;
};

}  // namespace

RedisConnection connect_redis(const std::string& port) {
  constexpr timeval long_enough{.tv_sec = 60, .tv_usec = 0};
  RedisConnection connection(
      redisConnectWithTimeout("127.0.0.1", std::atoi(port.c_str()), long_enough));
  if (!connection || connection->err != 0) rig::give_up("cannot connect to Redis at " + port);
  redisSetTimeout(connection.get(), long_enough);
  return connection;
}

InboxOpened open_redis(const std::string& address, const client::InboxOptions& options) {
  auto connection = connect_redis(address);
  auto inbox = client::RedisInbox::open(connection.get(), options);
  if (!inbox) return inbox.error();
  return std::unique_ptr<InboxConnection>(std::make_unique<Consumer>(
      std::move(connection), *std::move(inbox), options.table + ":effects"));
}

}  // namespace headwater::testing

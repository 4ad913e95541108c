// A primary that becomes a replica, and a replica that has nothing yet.
#include <future>
#include <string>

#include "src/streams/redis/errors.h"
#include "src/streams/redis/test_stream.h"

namespace headwater::redis {
namespace {

void expect_replica(const Error& error) {
  EXPECT_EQ(error.name, "stream.replica") << error.message;
  EXPECT_EQ(error.remedy, Remedy::retry);
  EXPECT_FALSE(error.next.empty());
}

/// A second server, of which the test's own may become a replica.
class RedisFailover : public RedisTest {
 protected:
  /// As soon as a client waits for its answer.
  void demote() const {
    ASSERT_TRUE(rig::wait_until([&] { return server_.info("blocked_clients") == "1"; }));
    const std::string port = std::to_string(other_.port());
    ASSERT_EQ(server_.text({"REPLICAOF", "127.0.0.1", port}), "OK");
  }

  rig::RedisServer other_;
};

TEST_F(RedisFailover, AnAppendThatWaitsForReplicasIsTriedAgain) {
  Options waiting;
  waiting.replicas = 1;
  auto writer = stream(waiting)->writer("a");
  ASSERT_TRUE(writer) << writer.error().message;
  auto append = std::async(std::launch::async, [&] {
    return (*writer)->append({}, testing::sample_batch("a", 1, 1), Position{"1"}, "s");
  });
  demote();
  auto appended = append.get();
  ASSERT_FALSE(appended);
  expect_replica(appended.error());
  auto tail = (*writer)->tail();
  ASSERT_FALSE(tail);
  expect_replica(tail.error());
}

TEST_F(RedisFailover, AReadThatWaitsForEventsIsTriedAgain) {
  auto reader = stream()->reader();
  ASSERT_TRUE(reader) << reader.error().message;
  auto read = std::async(std::launch::async, [&] {
    return (*reader)->read(1, {.count = 1, .bytes = 1U << 20U}, Milliseconds(10'000), {});
  });
  demote();
  auto found = read.get();
  ASSERT_FALSE(found);
  expect_replica(found.error());
}

/// The primary may become a replica between the append and the question who has it.
TEST_F(RedisFailover, AReplicaThatIsAskedToWaitIsKnown) {
  const std::string port = std::to_string(other_.port());
  ASSERT_EQ(server_.text({"REPLICAOF", "127.0.0.1", port}), "OK");
  expect_replica(refused("h:1", server_.text({"WAIT", "1", "1"})));
}

/// It will have the stream as soon as it has reached its primary.
TEST(RedisReplica, AReplicaThatIsStillEmptyIsWaitedFor) {
  const rig::LocalPort nobody;
  const rig::RedisServer replica(
      {.lines = {"replicaof 127.0.0.1 " + std::to_string(nobody.number())}});
  auto writer = stream_at(replica.url())->writer("a");
  ASSERT_FALSE(writer);
  expect_replica(writer.error());
}

}  // namespace
}  // namespace headwater::redis

// Disasters that only a Redis Stream has: a failover that loses the end, a full disk, out of
// memory.
#include <string>

#include "testing/disasters/under_load.h"
#include "testing/redis/redis_stream.h"
#include "testing/rig/small_disk.h"

namespace headwater::rig {
namespace {

class redis_stream_disaster : public ::testing::Test, public UnderLoad {
 protected:
  [[nodiscard]] RedisStream& redis() { return dynamic_cast<RedisStream&>(pipeline_->stream()); }
};

/// The primary dies while its replica lags behind, so the end of the stream is lost. The relay
/// finds an older tail, and publishes the same changes again.
TEST_F(redis_stream_disaster, FailoverThatLosesTheEnd) {
  begin({.stream = &redis_stream});
  TcpProxy link(redis().server().port());
  const RedisServer replica({.lines = {"replicaof 127.0.0.1 " + std::to_string(link.port())}});
  ASSERT_TRUE(wait_until([&] { return replica.info("master_link_status") == "up"; }));
  start();
  link.silence();
  ASSERT_TRUE(makes_progress(200)) << relay_->errors();
  const auto ended = pipeline_->stream().events();
  redis().server().kill();
  link.cut();
  replica.command({"REPLICAOF", "NO", "ONE"});
  redis().fail_over_to(replica);
  ASSERT_LT(pipeline_->stream().events().size(), ended.size()) << "nothing was lost";
  ASSERT_TRUE(wait_until([&] { return pipeline_->stream().progress() > ended.size() + 100; }))
      << relay_->errors();
  // The entries also have the same numbers, for consumers that had already read them.
  const auto now = pipeline_->stream().events();
  for (std::size_t at = 0; at < ended.size(); ++at) ASSERT_EQ(now[at].id, ended[at].id) << at;
  expect_everything_published();
}

/// The connection to the replica breaks repeatedly in the middle of an append; then the replica is
/// promoted. It has each append completely or not at all.
TEST_F(redis_stream_disaster, FailoverInTheMiddleOfAnAppend) {
  for (const std::uint64_t bytes : {1'000U, 50'000U, 200'000U, 700'000U}) {
    begin({.stream = &redis_stream});
    TcpProxy link(redis().server().port());
    const RedisServer replica({.lines = {"replicaof 127.0.0.1 " + std::to_string(link.port())}});
    ASSERT_TRUE(wait_until([&] { return replica.info("master_link_status") == "up"; }));
    const auto passed = link.bytes();
    pipeline_->source().insert_orders(4000, 1);
    relay_.emplace(pipeline_->relay());
    ASSERT_TRUE(wait_until([&] { return link.bytes() >= passed + bytes; }));
    link.cut();
    redis().server().kill();
    replica.command({"REPLICAOF", "NO", "ONE"});
    redis().fail_over_to(replica);
    ASSERT_TRUE(pipeline_->wait_until_caught_up()) << relay_->errors();
    EXPECT_EQ(relay_->terminate(), Exit{}) << relay_->errors();
    EXPECT_EQ(pipeline_->disagreement(), "");
  }
}

TEST_F(redis_stream_disaster, OutOfMemory) {
  begin({.stream = &redis_stream});
  start();
  redis().server().set("maxmemory", redis().server().info("used_memory"));
  ASSERT_TRUE(logs("stream.out_of_memory")) << relay_->errors();
  EXPECT_TRUE(relay_->running());
  redis().server().set("maxmemory", "0");
  ASSERT_TRUE(makes_progress()) << relay_->errors();
  expect_everything_published();
}

class RedisOnSmallDisk final : public HasSmallDisk, public RedisStream {
 public:
  RedisOnSmallDisk(const TemporaryFolder& folder, const std::string& appendfsync)
      : HasSmallDisk{SmallDisk(folder / "disk")},
        RedisStream({.appendfsync = appendfsync, .data = folder / "disk/data"}) {}
};

template <bool always>
std::unique_ptr<StreamUnderTest> redis_on_small_disk(const TemporaryFolder& folder) {
  return std::make_unique<RedisOnSmallDisk>(folder, always ? "always" : "everysec");
}

TEST_F(redis_stream_disaster, DiskFull) {
  begin({.stream = &redis_on_small_disk<false>});
  const SmallDisk& disk = dynamic_cast<RedisOnSmallDisk&>(redis()).disk;
  if (!disk.mounted()) GTEST_SKIP() << "may not mount here";
  start();
  ASSERT_TRUE(logs("stream.disk_full")) << relay_->errors();
  EXPECT_TRUE(relay_->running());
  disk.enlarge();
  ASSERT_TRUE(makes_progress()) << relay_->errors();
  expect_everything_published();
}

/// With `appendfsync always`, Redis ends when it cannot write. An operator frees space and starts
/// it again; it has everything that it acknowledged.
TEST_F(redis_stream_disaster, DiskFullWithAppendfsyncAlways) {
  begin({.stream = &redis_on_small_disk<true>});
  const SmallDisk& disk = dynamic_cast<RedisOnSmallDisk&>(redis()).disk;
  if (!disk.mounted()) GTEST_SKIP() << "may not mount here";
  start();
  ASSERT_TRUE(wait_until([&] { return !redis().server().running(); })) << relay_->errors();
  EXPECT_TRUE(relay_->running());
  disk.enlarge();
  redis().server().start();
  ASSERT_TRUE(makes_progress()) << relay_->errors();
  expect_everything_published();
}

}  // namespace
}  // namespace headwater::rig

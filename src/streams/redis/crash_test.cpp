// A server that dies at any time, and what its append-only file then has of an append.
#include <filesystem>
#include <random>
#include <string>

#include "src/streams/redis/test_stream.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::redis {
namespace {

namespace fs = std::filesystem;
using rig::RedisServer;

/// The part of the append-only file that is written to.
std::string newest_file(const std::string& data) {
  for (const auto& each : fs::directory_iterator(data + "/appendonlydir")) {
    if (each.path().string().ends_with(".incr.aof")) return each.path();
  }
  return "";
}

/// What the child says last was appended.
std::uint64_t last_number(std::string output) {
  while (!output.empty() && output.back() == '\n') output.pop_back();
  return std::stoull(output.substr(output.rfind('\n') + 1));
}

/// Redis accepts a truncated file (aof-load-truncated), and drops a MULTI without EXEC. So a crash
/// of the machine leaves appends whole or not at all.
TEST_F(RedisTest, AFileCutAnywhereHoldsAnAppendWholeOrNotAtAll) {
  write_at_once();
  fill(10);
  const auto before = fs::file_size(newest_file(server_.data()));
  fill(20);
  const auto after = fs::file_size(newest_file(server_.data()));
  server_.kill();
  std::mt19937_64 random(20'261'123);
  for (int i = 0; i < 40; ++i) {
    const rig::TemporaryFolder folder;
    fs::copy(server_.data(), folder / "data", fs::copy_options::recursive);
    // The last one loses the end of EXEC alone.
    const auto size = i == 0 ? after - 1 : before + random() % (after - before);
    fs::resize_file(newest_file(folder / "data"), size);
    const RedisServer cut({.data = folder / "data"});
    ASSERT_EQ(ids_at(cut), sample_ids(10)) << "cut at " << size << " of " << after;
    auto writer = stream_at(cut.url())->writer("a");
    ASSERT_TRUE(writer) << writer.error().message;
    auto tail = (*writer)->tail();
    ASSERT_TRUE(tail) << tail.error().message;
    EXPECT_EQ(tail->tail().position, testing::count_position(10));
    ASSERT_TRUE(append(**writer, 20));
    EXPECT_EQ(ids_at(cut), sample_ids(30));
  }
  server_.start();
  EXPECT_EQ(ids_at(server_), sample_ids(30));
}

TEST_F(RedisTest, AServerKilledAtAnyTimeHoldsAppendsWholeOrNotAtAll) {
  std::mt19937_64 random(20'261'123);
  for (int round = 0; round < 25; ++round) {
    // With everysec, Redis answers before it writes if the disk is busy (docs/redis.md).
    write_at_once();
    rig::Process child(
        {.words = {HEADWATER_REDIS_CHILD, server_.url(), "append", "a", "1000000000"}});
    ASSERT_TRUE(rig::wait_until([&] { return !child.output().empty(); })) << child.errors();
    // Does not wait for anything, because the moment must be random.
    ASSERT_FALSE(child.wait(Milliseconds(random() % 40))) << child.errors();
    server_.kill();
    ASSERT_TRUE(child.wait());
    server_.start();
    auto writer = stream()->writer("a");
    ASSERT_TRUE(writer) << writer.error().message;
    const Tail tail = (*writer)->tail()->tail();
    EXPECT_GE(testing::counted(tail.position), last_number(child.output()));
    ASSERT_EQ(ids_at(server_), sample_ids(testing::counted(tail.position)));
    auto last =
        (*stream()->reader())->read(tail.sequence, {.count = 2, .bytes = 1U << 20U}, {}, {});
    ASSERT_EQ(last->size(), 1U);
    EXPECT_EQ(testing::batch_rest(last->front().event), 0U) << "a batch was cut short";
  }
}

}  // namespace
}  // namespace headwater::redis

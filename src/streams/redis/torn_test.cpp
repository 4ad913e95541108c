// A part of a stream is lost, or another program changed it: what is reported, and how to repair
// it.
#include <string>
#include <vector>

#include "src/streams/redis/test_stream.h"

namespace headwater::redis {
namespace {

using Kind = Finding::Kind;

TEST_F(RedisTest, AStreamThatWasDeletedIsNamed) {
  fill(3);
  server_.command({"DEL", "events"});
  expect_stop(refusal(), "stream.torn");
  find(stream()->check("a"), Kind::problem, "the stream ends at 0-0");
}

TEST_F(RedisTest, TailsThatWereDeletedAreNamed) {
  fill(3);
  auto writer = stream()->writer("a");
  server_.command({"DEL", "{events}:headwater"});
  auto refused = (*writer)->tail();
  ASSERT_FALSE(refused);
  expect_stop(refused.error(), "stream.torn");
  expect_stop(refusal(), "stream.torn");
  // Starting again after events whose tails are lost would publish them twice.
  auto prepared = stream()->prepare("a");
  ASSERT_FALSE(prepared);
  expect_stop(prepared.error(), "stream.other_application");
  EXPECT_EQ(ids_at(server_), sample_ids(3));
}

/// A tail of which a part is gone is neither an empty one, from which all would be published again,
/// nor one that another relay moves.
TEST_F(RedisTest, ATailThatSomebodyChangedIsNamed) {
  fill(3);
  auto writer = *stream()->writer("a");
  const auto good = writer->tail();
  ASSERT_TRUE(good) << good.error().message;
  const std::string sequence = std::to_string(good->tail().sequence);
  const std::vector<std::vector<std::string>> changes = {
      {"HDEL", "{events}:headwater", "position:a"},
      {"HDEL", "{events}:headwater", "sequence:a"},
      {"HDEL", "{events}:headwater", "source:a"},
      {"HSET", "{events}:headwater", "sequence:a", "-1"},
      {"HSET", "{events}:headwater", "sequence:a", "x"},
      {"HSET", "{events}:headwater", "sequence:a", "4"}};
  for (const auto& change : changes) {
    SCOPED_TRACE(change.back());
    server_.command(change);
    const auto refused = writer->tail();
    ASSERT_FALSE(refused);
    expect_stop(refused.error(), "stream.torn");
    server_.command({"HSET", "{events}:headwater", "sequence:a", sequence, "position:a",
                     good->tail().position.token, "source:a", good->tail().source});
    EXPECT_EQ(writer->tail()->tail(), good->tail());
  }
  EXPECT_EQ(ids_at(server_), sample_ids(3));
}

TEST_F(RedisTest, AnEmptiedServerIsNamed) {
  fill(3);
  auto writer = stream()->writer("a");
  server_.command({"FLUSHALL"});
  auto refused = (*writer)->append({}, testing::sample_batch("a", 1, 1), {}, "s");
  ASSERT_FALSE(refused);
  expect_stop(refused.error(), "stream.not_prepared");
  EXPECT_EQ(server_.text({"DBSIZE"}), "0");
}

/// As after a restored backup of the hash alone: no relay vouches for the last events.
TEST_F(RedisTest, EventsBeyondTheHashAreNotRead) {
  fill(4);
  const auto before = *stream()->reader();
  ASSERT_EQ(before->read(1, {.count = 2, .bytes = 1U << 20U}, {}, {})->size(), 2U);
  server_.command({"HSET", "{events}:headwater", "last", "2", "sequence:a", "2"});
  const auto after = *stream()->reader();
  for (StreamReader* const reader : {before.get(), after.get()}) {
    for (const std::uint64_t from : {1U, 3U}) {
      const auto read = reader->read(from, {.count = 9, .bytes = 1U << 20U}, {}, {});
      ASSERT_FALSE(read) << "from " << from;
      expect_stop(read.error(), "stream.beyond_end");
    }
  }
}

TEST_F(RedisTest, ForeignEntriesAreNamed) {
  fill(3);
  server_.command({"XADD", "events", "*", "hello", "world"});
  expect_stop(refusal(), "stream.torn");
  auto read = (*stream()->reader())->read(1, {.count = 9, .bytes = 1U << 20U}, {}, {});
  ASSERT_FALSE(read);
  expect_stop(read.error(), "stream.torn");
  find(stream()->check("a"), Kind::problem, "another program wrote to it");
}

/// The repair that docs/redis.md describes.
TEST_F(RedisTest, ForeignEntriesCanBeTakenOut) {
  fill(3);
  const std::string id = server_.text({"XADD", "events", "*", "hello", "world"});
  server_.command({"XDEL", "events", id});
  expect_stop(refusal(), "stream.torn");
  const std::string set = server_.text({"XSETID", "events", "0-3"});
  if (set.find("max_deleted_entry_id") != std::string::npos) GTEST_SKIP() << set;
  EXPECT_EQ(set, "OK");
  fill(2);
  EXPECT_EQ(ids_at(server_), sample_ids(5));
}

/// The other way, for servers that accept no older end. Also if the newest event is gone.
TEST_F(RedisTest, ForeignEntriesCanBeLeftBehind) {
  const std::string mend = R"lua(
      local last, from = '0-' .. redis.call('HGET', KEYS[2], 'last'), '-'
      redis.call('XGROUP', 'CREATE', KEYS[3], 'none', '0', 'MKSTREAM')
      redis.call('XGROUP', 'DESTROY', KEYS[3], 'none')
      repeat
        local some = redis.call('XRANGE', KEYS[1], from, last, 'COUNT', 100)
        for _, entry in ipairs(some) do
          redis.call('XADD', KEYS[3], entry[1], unpack(entry[2]))
          from = '(' .. entry[1]
        end
      until #some == 0
      redis.call('XSETID', KEYS[3], last)
      return redis.call('RENAME', KEYS[3], KEYS[1]))lua";
  fill(300);
  for (const bool all_trimmed : {false, true}) {
    if (all_trimmed) server_.command({"XTRIM", "events", "MAXLEN", "0"});
    server_.command({"XADD", "events", "*", "hello", "world"});
    expect_stop(refusal(), "stream.torn");
    EXPECT_EQ(server_.text({"EVAL", mend, "3", "events", "{events}:headwater", "{events}:mended"}),
              "OK");
    if (!all_trimmed) {
      EXPECT_EQ(ids_at(server_), sample_ids(300));
    }
    fill(2);
  }
  const auto range = *(*stream()->reader())->range();
  EXPECT_EQ(range.first, 303U);
  EXPECT_EQ(range.last, 304U);
}

TEST_F(RedisTest, TrimmingByOthersIsNoHarm) {
  fill(10);
  server_.command({"XTRIM", "events", "MAXLEN", "0"});
  fill(5);
  const auto range = *(*stream()->reader())->range();
  EXPECT_EQ(range.first, 11U);
  EXPECT_EQ(range.last, 15U);
}

TEST_F(RedisTest, OtherTypesAndVersionsAreNamed) {
  Options other;
  other.key = "other";
  server_.command({"SET", "other", "text"});
  auto prepared = stream(other)->prepare("a");
  ASSERT_FALSE(prepared);
  expect_stop(prepared.error(), "stream.other_application");
  other.key = "full";
  server_.command({"XADD", "full", "*", "a", "b"});
  prepared = stream(other)->prepare("a");
  ASSERT_FALSE(prepared);
  expect_stop(prepared.error(), "stream.other_application");
  server_.command({"HSET", "{events}:headwater", "format", "2"});
  expect_stop(refusal(), "stream.newer_version");
}

/// A stream in which a consumer group was created before there were events.
TEST(RedisPrepare, AnEmptyStreamIsTakenAsItIs) {
  const rig::RedisServer server;
  server.command({"XGROUP", "CREATE", "events", "billing", "0", "MKSTREAM"});
  auto prepared = stream_at(server.url())->prepare("a");
  ASSERT_TRUE(prepared) << prepared.error().message;
}

}  // namespace
}  // namespace headwater::redis

// What can happen to a stream, and how it is reported; the meaning of its settings.
#include <string>

#include "src/streams/redis/settings.h"
#include "src/streams/redis/test_stream.h"

namespace headwater::redis {
namespace {

using Kind = Finding::Kind;

// ---- docs/formats/redis-stream.md

TEST_F(RedisTest, WhatStandsThereIsWhatTheFormatSays) {
  auto writer = stream()->writer("a");
  const Event event{.id = "uuid:1",
                    .source = "sqlite:uuid",
                    .type = EventType("shop", "orders", "insert"),
                    .subject = "42",
                    .partition_key = "orders/42",
                    .time = WallTime(Milliseconds(1'795'421'730'123)),
                    .data = R"({"op":"insert"})"};
  ASSERT_TRUE((*writer)->append({}, {&event, 1}, Position{"p1"}, "sqlite:uuid"));
  const std::vector<std::string> names{"id",   "source",       "type", "subject",
                                       "time", "partitionkey", "data"};
  const std::vector<std::string> values{
      "uuid:1",    "sqlite:uuid",       "shop.orders.insert", "42", "2026-11-23T08:15:30.123Z",
      "orders/42", R"({"op":"insert"})"};
  EXPECT_EQ(rig::redis_fields(server_, "events", names),
            (std::vector<std::vector<std::string>>{values}));
  EXPECT_EQ(server_.text({"EXISTS", "events", "{events}:headwater"}), "2");
  for (const auto& [field, value] : {std::pair{"format", "1"},
                                     {"last", "1"},
                                     {"sequence:a", "1"},
                                     {"position:a", "p1"},
                                     {"source:a", "sqlite:uuid"}}) {
    EXPECT_EQ(server_.text({"HGET", "{events}:headwater", field}), value) << field;
  }
  const std::string life = server_.text({"HGET", "{events}:headwater", "life"});
  EXPECT_EQ(life.size(), 32U);
  EXPECT_EQ(server_.text({"HLEN", "{events}:headwater"}), "6");
  auto reader = stream()->reader();
  ASSERT_TRUE((*reader)->acknowledge("billing", 1));
  EXPECT_EQ(server_.text({"HGET", "{events}:headwater:consumers", "billing"}), "1 " + life);
}

/// A stream written by hand according to the format is read and continued.
TEST(RedisFormat, AStoredSampleIsUnderstood) {
  const rig::RedisServer server;
  server.command({"XADD", "events", "0-1", "id", "u:1", "source", "s:u", "type", "d.t.insert",
                  "subject", "1", "time", "1969-12-31T23:59:59.999Z", "partitionkey", "t/1", "data",
                  "{}"});
  server.command({"HSET", "{events}:headwater", "format", "1", "last", "1", "sequence:a", "1",
                  "position:a", "pos", "source:a", "s:u"});
  const auto stream = stream_at(server.url());
  auto writer = stream->writer("a");
  ASSERT_TRUE(writer) << writer.error().message;
  const Tail expected{.sequence = 1, .position = Position{"pos"}, .source = "s:u"};
  EXPECT_EQ((*writer)->tail()->tail(), expected);
  auto events = (*stream->reader())->read(1, {.count = 9, .bytes = 1U << 20U}, {}, {});
  ASSERT_EQ(events->size(), 1U);
  EXPECT_EQ(events->front().sequence, 1U);
  EXPECT_EQ(events->front().event.time, WallTime(Milliseconds(-1)));
  EXPECT_EQ(events->front().event.partition_key, "t/1");
  auto appended =
      (*writer)->append(expected, testing::sample_batch("a", 1, 2), Position{"next"}, "s:u");
  ASSERT_TRUE(appended) << appended.error().message;
  EXPECT_EQ(appended->tail().sequence, 3U);
}

// ---- settings

Error refused_by_init(const rig::RedisServer& server) {
  auto prepared = stream_at(server.url())->prepare("a");
  EXPECT_FALSE(prepared);
  return prepared ? Error{} : prepared.error();
}

TEST_F(RedisTest, SettingsThatBreakThePromiseAreRefused) {
  server_.set("maxmemory-policy", "allkeys-lru");
  expect_stop(refused_by_init(server_), "stream.unsafe_settings");
  find(stream()->check("a"), Kind::problem, "allkeys-lru");
  server_.set("maxmemory-policy", "volatile-lru");
  EXPECT_TRUE(stream()->prepare("a"));
  server_.set("appendonly", "no");
  expect_stop(refused_by_init(server_), "stream.unsafe_settings");
  find(stream()->check("a"), Kind::problem, "a restart of Redis empties the stream");
}

TEST_F(RedisTest, WhatDurabilityRestsOnIsSaid) {
  find(stream()->check("a"), Kind::ok, "appendfsync everysec");
  server_.set("appendfsync", "always");
  find(stream()->check("a"), Kind::ok, "on the disk before it counts");
  server_.set("no-appendfsync-on-rewrite", "yes");
  find(stream()->check("a"), Kind::note, "not while the file is rewritten");
  server_.set("appendfsync", "no");
  find(stream()->check("a"), Kind::note, "appendfsync no");
  server_.set("save", "3600 1");
  server_.set("appendonly", "no");
  EXPECT_NE(find(stream()->check("a"), Kind::note, "snapshots only").next, "");
  EXPECT_TRUE(stream()->prepare("a"));
}

TEST_F(RedisTest, KeysThatExpireAreAProblem) {
  fill(1);
  server_.command({"EXPIRE", "{events}:headwater", "1000"});
  EXPECT_EQ(find(stream()->check("a"), Kind::problem, "expiry").next,
            "redis-cli PERSIST '{events}:headwater'");
}

TEST_F(RedisTest, ReplicasAreWaitedFor) {
  fill(1);
  Options waiting;
  waiting.replicas = 1;
  find(stream(waiting)->check("a"), Kind::problem, "appends wait for 1");
  auto writer = stream(waiting)->writer("a");
  ASSERT_TRUE(writer);
  auto alone = (*writer)->tail();
  ASSERT_FALSE(alone);
  EXPECT_EQ(alone.error().name, "stream.too_few_replicas");
  EXPECT_EQ(alone.error().remedy, Remedy::retry);

  const rig::RedisServer replica(
      {.lines = {"replicaof 127.0.0.1 " + std::to_string(server_.port())}});
  ASSERT_TRUE(rig::wait_until([&] {
    return replica.info("master_link_status") == "up" && server_.info("connected_slaves") == "1";
  }));
  find(stream()->check("a"), Kind::note, "appends do not wait");
  auto appended = append(**writer, 4);
  ASSERT_TRUE(appended) << appended.error().message;
  EXPECT_EQ(ids_at(replica), sample_ids(5));

  // A replica's tail may be old, so it is not believed; its events may be read.
  const auto there = stream_at(replica.url());
  find(there->check("a"), Kind::problem, "replica of 127.0.0.1");
  expect_stop(refused_by_init(replica), "stream.unsafe_settings");
  auto stale = there->writer("a");
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().name, "stream.replica");
  EXPECT_EQ(stale.error().remedy, Remedy::retry);
  EXPECT_EQ((*there->reader())->range()->last, 5U);
}

TEST_F(RedisTest, ReplicasThatTheServerWantsAreWaitedForToo) {
  fill(1);
  server_.set("min-replicas-to-write", "1");
  const Error error = refusal();
  EXPECT_EQ(error.name, "stream.too_few_replicas") << error.message;
  EXPECT_EQ(error.remedy, Remedy::retry);
  EXPECT_EQ(ids_at(server_), sample_ids(1));
}

TEST(RedisSettings, OldServersAreRefusedAndUnknownOnesAreNot) {
  Settings old;
  old.add("redis_version", "6.2.14");
  find(judge(old, 0), Kind::problem, "6.2.14");
  for (const Finding& finding : judge({}, 0)) EXPECT_EQ(finding.kind, Kind::note) << finding.what;
}

/// All keys are in one hash slot, or it would refuse the scripts.
TEST(RedisCluster, ANodeThatHasTheKeyIsAsGoodAsAnyServer) {
  const rig::LocalPort bus;
  const rig::RedisServer node(
      {.lines = {"cluster-enabled yes", "cluster-port " + std::to_string(bus.number())}});
  const auto stream = stream_at(node.url());
  auto prepared = stream->prepare("a");
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().remedy, Remedy::retry) << prepared.error().message;
  ASSERT_EQ(node.text({"CLUSTER", "ADDSLOTSRANGE", "0", "16383"}), "OK");
  ASSERT_TRUE(rig::wait_until([&] {
    return node.text({"CLUSTER", "INFO"}).starts_with("cluster_state:ok");
  }));
  Options options;
  for (const char* key : {"events", "{shop}:events"}) {
    options.key = key;
    const auto here = stream_at(node.url(), options);
    prepared = here->prepare("a");
    ASSERT_TRUE(prepared) << prepared.error().message;
    ASSERT_TRUE(append(**here->writer("a"), 3));
    EXPECT_EQ((*here->reader())->range()->last, 3U);
    ASSERT_TRUE((*here->reader())->acknowledge("billing", 2));
  }
}

TEST_F(RedisTest, ServersThatAreAwayAreRetried) {
  write_at_once();
  fill(1);
  auto writer = stream()->writer("a");
  server_.kill();
  for (int i = 0; i < 2; ++i) {
    auto tail = (*writer)->tail();
    ASSERT_FALSE(tail);
    EXPECT_EQ(tail.error().name, "stream.unavailable");
    EXPECT_EQ(tail.error().remedy, Remedy::retry);
  }
  server_.start();
  EXPECT_EQ((*writer)->tail()->tail().sequence, 1U);
}

}  // namespace
}  // namespace headwater::redis

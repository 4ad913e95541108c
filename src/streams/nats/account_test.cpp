// An account that may store only so much. nats-server 2.10.11 to 2.11.11 and 2.12.0 to 2.12.3 take
// the next message in the place of one that they refused for want of room (HEADWATER_NATS_SERVER
// names another server than Debian's, which does not).
#include <gtest/gtest.h>
#include <nats/nats.h>

#include <array>
#include <string>
#include <vector>

#include "src/streams/nats/settings.h"
#include "src/streams/nats/test_stream.h"
#include "testing/rig/tcp_proxy.h"
#include "testing/rig/waiting.h"

namespace headwater::nats {
namespace {

std::vector<std::string> with(const std::string& jetstream) {
  return {"accounts: { A: { users: [ { user: a, password: b } ], jetstream: " + jetstream + " } }",
          "no_auth_user: a"};
}
const std::string endless = "enabled";
const std::string little_room = "{ max_mem: 1M, max_file: 50K }";
const std::string much_room = "{ max_mem: 1M, max_file: 10M }";

constexpr std::uint64_t count = 40;

/// The large one has no room where the small ones behind it have.
std::vector<Event> with_a_large_one(std::uint64_t first) {
  auto events = testing::sample_batch("a", first, count + 1 - first);
  for (Event& event : events) event.data.assign(event.id == "a:20" ? 80'000 : 100, 'x');
  return events;
}

class NatsAccount : public NatsTest {
 protected:
  explicit NatsAccount(const std::string& jetstream = little_room)
      : NatsTest({.lines = with(jetstream)}) {}

  static Result<Durable> append(StreamWriter& writer) {
    auto tail = writer.tail();
    if (!tail) return tail;
    const std::uint64_t done = testing::counted(tail->tail().position);
    return writer.append(tail->tail(), with_a_large_one(done + 1), testing::count_position(count),
                         testing::sample_source);
  }
  void restart() {
    server_.kill();
    server_.start();
  }
};

TEST_F(NatsAccount, NothingIsLostWhereItEnds) {
  auto made = writer();
  for (int i = 0; i < 3; ++i) {
    const auto full = append(*made);
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().remedy, Remedy::retry);
    EXPECT_EQ(full.error().name, i == 0 ? "stream.disk_full" : full.error().name);
    EXPECT_FALSE(full.error().next.empty());
  }
  server_.reload(with(much_room));
  auto goes_on = append(*made);
  if (!goes_on) {
    // Its count of messages is wrong until it starts again.
    EXPECT_EQ(goes_on.error().name, "stream.miscounted") << goes_on.error().message;
    EXPECT_EQ(goes_on.error().remedy, Remedy::retry);
    EXPECT_NE(goes_on.error().next.find("restart nats-server"), std::string::npos);
    restart();
    EXPECT_FALSE(append(*made));
    goes_on = append(*made);
  }
  ASSERT_TRUE(goes_on) << goes_on.error().message;
  EXPECT_EQ(ids_at(server_), sample_ids(count));
}

/// Only the first event is sent while its acknowledgement does not come.
TEST_F(NatsAccount, EachEventWaitsForTheOneBefore) {
  rig::TcpProxy way(server_.port());
  const auto stream = stream_at("nats://127.0.0.1:" + std::to_string(way.port()));
  auto made = stream->writer("a");
  ASSERT_TRUE(made) << made.error().message;
  const auto first = (*made)->append((*made)->tail()->tail(), testing::sample_batch("a", 1, 1),
                                     testing::count_position(1), testing::sample_source);
  ASSERT_TRUE(first) << first.error().message;
  way.lose_replies();
  ASSERT_FALSE((*made)->append(first->tail(), testing::sample_batch("a", 2, 10),
                               testing::count_position(11), testing::sample_source));
  EXPECT_EQ(ids_at(server_), sample_ids(2));
  way.restore();
}

TEST_F(NatsAccount, IsSaidByCheck) {
  find(stream()->check("a"), Finding::Kind::note, "account: may store only so much");
  server_.reload(with(endless));
  for (const Finding& each : stream()->check("a")) {
    EXPECT_EQ(each.what.find("account:"), std::string::npos) << each.what;
  }
}

class NatsLimitsComeLater : public NatsAccount {
 protected:
  NatsLimitsComeLater() : NatsAccount(endless) {}
};

/// A relay that appends at that moment does not know of them. If the server has left out an event
/// by that, nothing hides it: not a new start, nor another relay.
TEST_F(NatsLimitsComeLater, WhatIsLeftOutIsNotPassedOver) {
  auto made = writer();
  ASSERT_TRUE(made->tail());
  const auto first = made->append({}, testing::sample_batch("a", 1, 1), testing::count_position(1),
                                  testing::sample_source);
  ASSERT_TRUE(first) << first.error().message;
  server_.reload(with(little_room));
  const auto full = made->append(first->tail(), with_a_large_one(2), testing::count_position(count),
                                 testing::sample_source);
  ASSERT_FALSE(full);
  if (ids_at(server_) == sample_ids(ids_at(server_).size())) {
    EXPECT_EQ(full.error().name, "stream.disk_full") << full.error().message;
    return;
  }
  expect_stop(full.error(), "stream.misplaced");
  server_.reload(with(much_room));
  restart();
  const auto next = append(*writer());
  ASSERT_FALSE(next);
  expect_stop(next.error(), "stream.misplaced");
  find(stream()->check("a"), Finding::Kind::problem, "left events out");
  // As it says to mend it.
  auto mending = writer();
  ASSERT_TRUE(set_position(*mending, 19));
  // First what is missing, then, behind it, what the server has met before.
  ASSERT_TRUE(rig::wait_until([&] { return append(*writer()).has_value(); }));
  const auto ids = ids_at(server_);
  ASSERT_GE(ids.size(), count);
  const auto all = sample_ids(count);
  EXPECT_EQ(std::vector(ids.end() - 21, ids.end()), std::vector(all.begin() + 19, all.end()));
}

TEST_F(NatsAccount, SaysHowMuchTheAccountMayStillStore) {
  auto made = writer();
  const auto before = made->room();
  ASSERT_TRUE(before) << before.error().message;
  ASSERT_TRUE(before->bytes);
  EXPECT_LE(*before->bytes, 50'000U);
  ASSERT_TRUE(nats::append(*made, 10));
  EXPECT_LT(made->room()->bytes, before->bytes);
  // A failed call leaves nothing behind.
  server_.kill();
  EXPECT_FALSE(made->room());
  EXPECT_EQ(made->room(), StreamRoom{});
}

TEST(NatsAccountLimits, SayWhatIsLeft) {
  jsAccountInfo account{};
  account.Store = 30;
  account.Limits = {.MaxMemory = -1, .MaxStore = 100};
  jsStreamConfig config{};
  config.Replicas = 1;
  EXPECT_EQ(bytes_left(account, config), 70U);
  account.Store = 101;
  EXPECT_EQ(bytes_left(account, config), 0U);
  config.Storage = js_MemoryStorage;
  EXPECT_EQ(bytes_left(account, config), std::nullopt);
  config = {.Storage = js_FileStorage, .Replicas = 3};
  EXPECT_EQ(bytes_left(account, config), std::nullopt);
  jsTier tier{};
  tier.Name = "R1";
  tier.Store = 1;
  tier.Limits = {.MaxMemory = -1, .MaxStore = 8};
  std::array<jsTier*, 1> tiers{&tier};
  account.Tiers = tiers.data();
  account.TiersLen = 1;
  config.Replicas = 1;
  EXPECT_EQ(bytes_left(account, config), 7U);
  tier.Name = "R3";
  EXPECT_EQ(bytes_left(account, config), std::nullopt);
}

TEST(NatsAccountLimits, AreTheTiersWhereThereAreSome) {
  constexpr jsAccountLimits none{.MaxMemory = -1, .MaxStore = -1};
  constexpr jsAccountLimits some{.MaxMemory = -1, .MaxStore = 1};
  jsTier tier{};
  std::array<jsTier*, 1> tiers{&tier};
  jsAccountInfo account{};
  account.Limits = none;
  EXPECT_FALSE(is_limited(account));
  EXPECT_TRUE(describe_limits(account).empty());
  account.Limits = some;
  EXPECT_TRUE(is_limited(account));
  account.Limits = {};
  account.Tiers = tiers.data();
  account.TiersLen = 1;
  tier.Limits = none;
  EXPECT_FALSE(is_limited(account));
  tier.Limits = some;
  EXPECT_TRUE(is_limited(account));
}

}  // namespace
}  // namespace headwater::nats

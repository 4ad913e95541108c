// Appends to a stream of several replicas, where the server stores messages together or not at all:
// nats-server 2.12.9 and newer, which `./dev servers` builds where there is Go
// (HEADWATER_NATS_SERVER names another). Older ones get the events one by one, and the same is in
// the stream.
#include "src/streams/nats/together.h"

#include <nats/nats.h>

#include <map>
#include <string>
#include <vector>

#include "src/streams/nats/acks.h"
#include "src/streams/nats/cluster_stream.h"
#include "src/streams/nats/errors.h"
#include "src/streams/nats/message.h"
#include "src/streams/nats/test_stream.h"
#include "testing/rig/tcp_proxy.h"
#include "testing/rig/waiting.h"

namespace headwater::nats {
namespace {

TEST(NatsTogether, IsForServersThatDoItWell) {
  const auto with = [](const std::string& version, const std::string& more) {
    return together_in(R"({"config":{"metadata":{"_nats.ver":")" + version + "\"}" + more + "}}");
  };
  const std::string allowed = R"(,"allow_atomic":true)";
  for (const char* version : {"2.12.9", "2.12.10", "2.14.1", "2.14.5-RC.1", "3.0.0"}) {
    EXPECT_EQ(with(version, allowed), Together::yes) << version;
    EXPECT_EQ(with(version, ""), Together::not_allowed) << version;
  }
  for (const char* version :
       {"", "2", "2.11.12", "2.12.0", "2.12.8", "2.14.0", "x.y.z", "1.99.99"}) {
    EXPECT_EQ(with(version, allowed), Together::not_here) << version;
  }
  EXPECT_EQ(together_in("{"), Together::not_here);
  EXPECT_EQ(together_in(R"({"config":{"allow_atomic":true}})"), Together::not_here);
}

TEST(NatsTogether, IsSaid) {
  EXPECT_EQ(describe(Together::yes, "E").kind, Finding::Kind::ok);
  const Finding off = describe(Together::not_allowed, "E");
  EXPECT_NE(off.next.find("nats stream edit E --allow-batch"), std::string::npos) << off.next;
  EXPECT_NE(describe(Together::not_here, "E").next.find("2.12.9"), std::string::npos);
}

class NatsTogetherInCluster : public ClusterStream {
 protected:
  static constexpr std::uint64_t begun = 10;
  static constexpr std::uint64_t piece = 20;

  NatsTogetherInCluster() : ClusterStream(rig::newer_nats_server()) {
    const auto appended = append(*writer(), begun);
    EXPECT_TRUE(appended) << appended.error().message;
  }

  [[nodiscard]] std::unique_ptr<StreamWriter> writer() const {
    auto made = stream()->writer("a");
    EXPECT_TRUE(made) << made.error().message;
    return made ? *std::move(made) : nullptr;
  }
  [[nodiscard]] const rig::NatsServer& leader() {
    return cluster_.server(cluster_.leader("EVENTS"));
  }
  /// As the server in use has it.
  [[nodiscard]] bool takes_together() const {
    for (const Finding& each : stream()->check("a")) {
      if (each.what.find("stored together or not at all") != std::string::npos) return true;
    }
    return false;
  }
  [[nodiscard]] bool whole(std::uint64_t count) { return ids_at(leader()) == sample_ids(count); }

  /// As a writer does it, of events `begun` + 1 and so on: the first messages of a piece, all but
  /// the one that has the rest stored.
  void stage() {
    auto opened = Connection::open({.urls = cluster_.urls()});
    ASSERT_TRUE(opened) << opened.error().message;
    connection_.emplace(*std::move(opened));
    auto batch = Batch::begin(*connection_);
    ASSERT_TRUE(batch);
    batch_.emplace(*std::move(batch));
    piece_id_ = batch_->name();
    for (std::uint64_t n = 1; n < piece; ++n) ASSERT_TRUE(send(n));
    auto answer = batch_->next();
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_TRUE(answer->empty);
  }
  Result<void> send(std::uint64_t number) {
    const Event event = testing::sample_event("a", begun + number);
    const bool answered = number == 1 || number == piece;
    return batch_->send(
        event_message(
            {.subject = "events.x",
             .reply = answered ? batch_->ask() : "",
             .id = message_id(event),
             .member = Member{.of = piece_id_, .number = number, .last = number == piece}},
            event, {.relay = "a", .position = event.position, .source = testing::sample_source},
            {.sequence = begun + number - 1}),
        0);
  }
  /// What the server says to the last message.
  Ack commit() {
    EXPECT_TRUE(send(piece));
    auto answer = batch_->next();
    EXPECT_TRUE(answer) << answer.error().message;
    return answer.value_or(Answer{}).ack;
  }

  std::optional<Connection> connection_;
  std::optional<Batch> batch_;
  std::string piece_id_;
};

TEST_F(NatsTogetherInCluster, EachSaysWhatItFollows) {
  const auto first = leader().headers("EVENTS", 1);
  const auto second = leader().headers("EVENTS", 2);
  EXPECT_EQ(first.at("Nats-Expected-Last-Sequence"), "0");
  if (takes_together()) {
    EXPECT_EQ(second.at("Headwater-Follows"), "1");
    EXPECT_FALSE(second.contains("Nats-Expected-Last-Sequence"));
    EXPECT_EQ(leader().headers("EVENTS", begun).at("Nats-Batch-Commit"), "1");
  } else {
    EXPECT_EQ(second.at("Nats-Expected-Last-Sequence"), "1");
  }
  EXPECT_FALSE(second.contains("Nats-Expected-Last-Msg-Id"));
}

/// More than a server takes together.
TEST_F(NatsTogetherInCluster, MayTakeSeveralPieces) {
  auto made = writer();
  for (const std::uint64_t count : {2 * most_together + 1, std::size_t{1}, std::size_t{2}}) {
    const auto appended = append(*made, count);
    ASSERT_TRUE(appended) << appended.error().message;
  }
  EXPECT_TRUE(whole(begun + 2 * most_together + 4));
  EXPECT_EQ(testing::counted(writer()->tail()->tail().position), begun + 2 * most_together + 4);
}

TEST_F(NatsTogetherInCluster, ARelayThatHungGoesOnWhereNobodyWas) {
  if (!takes_together()) GTEST_SKIP() << "this server does not store messages together";
  stage();
  EXPECT_TRUE(whole(begun));
  EXPECT_EQ(commit().sequence, begun + piece);
  EXPECT_TRUE(whole(begun + piece));
  ASSERT_TRUE(append(*writer(), 5));
  EXPECT_TRUE(whole(begun + piece + 5));
}

/// Whatever another one has published meanwhile: less, as much, more. The server may say that it
/// has met some of them before.
TEST_F(NatsTogetherInCluster, ARelayThatHungIsRefusedWhole) {
  if (!takes_together()) GTEST_SKIP() << "this server does not store messages together";
  for (const std::uint64_t count : {1U, 19U, 20U, 40U}) {
    SCOPED_TRACE(count);
    stage();
    const std::uint64_t before = ids_at(leader()).size();
    ASSERT_TRUE(append(*writer(), count));
    EXPECT_NE(commit().code, 0);
    EXPECT_TRUE(whole(before + count));
  }
}

/// A position moved without an event is another message, too.
TEST_F(NatsTogetherInCluster, ARelayThatHungIsRefusedBehindAPosition) {
  if (!takes_together()) GTEST_SKIP() << "this server does not store messages together";
  stage();
  auto other = writer();
  ASSERT_TRUE(other->append(other->tail()->tail(), {}, testing::count_position(begun),
                            testing::sample_source));
  EXPECT_TRUE(is_conflict(commit().code));
  EXPECT_TRUE(whole(begun));
}

/// What was on the server that led is gone with it, and the rest finds nothing to follow.
TEST_F(NatsTogetherInCluster, NothingIsLeftOfAPieceWhoseLeaderDies) {
  if (!takes_together()) GTEST_SKIP() << "this server does not store messages together";
  const std::size_t died = cluster_.leader("EVENTS");
  const auto other = (died + 1) % rig::NatsCluster::size;
  auto opened = Connection::open({.urls = {cluster_.server(other).url()}});
  ASSERT_TRUE(opened) << opened.error().message;
  stage();
  cluster_.server(died).kill();
  ASSERT_NE(cluster_.leader("EVENTS"), died);
  // From a connection that is still there.
  connection_.emplace(*std::move(opened));
  auto batch = Batch::begin(*connection_);
  ASSERT_TRUE(batch);
  batch_.emplace(*std::move(batch));
  const Ack ack = commit();
  EXPECT_NE(ack.code, 0);
  EXPECT_FALSE(is_conflict(ack.code));
  EXPECT_TRUE(whole(begun));
  ASSERT_TRUE(rig::wait_until([&] { return append(*writer(), 30).has_value(); }));
  const auto ids = ids_at(leader());
  EXPECT_EQ(ids, sample_ids(ids.size()));
}

/// The event is named, and what is before it is not lost.
TEST_F(NatsTogetherInCluster, AnEventThatIsRefusedIsNamed) {
  leader().edit("EVENTS", [](jsStreamConfig& config) { config.MaxMsgSize = 100'000; });
  auto made = writer();
  const auto tail = made->tail();
  ASSERT_TRUE(tail) << tail.error().message;
  auto events = testing::sample_batch("a", begun + 1, 5);
  events[2].data.assign(200'000, 'x');
  const auto refused_one = made->append(tail->tail(), events, testing::count_position(begun + 5),
                                        testing::sample_source);
  ASSERT_FALSE(refused_one);
  expect_stop(refused_one.error(), "stream.event_too_large");
  EXPECT_NE(refused_one.error().message.find("event a:13"), std::string::npos)
      << refused_one.error().message;
  const auto ids = ids_at(leader());
  EXPECT_EQ(ids, sample_ids(ids.size()));
  ASSERT_TRUE(append(*writer(), 5));
  EXPECT_TRUE(whole(ids.size() + 5));
}

/// Somebody takes the right to it away while a relay appends.
TEST_F(NatsTogetherInCluster, MayBeSwitchedOff) {
  auto made = writer();
  ASSERT_TRUE(append(*made, 5));
  auto appended = made->append(made->tail()->tail(), testing::sample_batch("a", begun + 6, 5),
                               testing::count_position(begun + 10), testing::sample_source);
  ASSERT_TRUE(appended);
  // The library here does not know of it, and leaves it out.
  leader().edit("EVENTS", [](jsStreamConfig& config) { config.MaxMsgSize = 100'000; });
  appended = made->append(appended->tail(), testing::sample_batch("a", begun + 11, 5),
                          testing::count_position(begun + 15), testing::sample_source);
  ASSERT_TRUE(appended) << appended.error().message;
  EXPECT_TRUE(whole(begun + 15));
  EXPECT_FALSE(takes_together());
}

/// A source that repeats itself is not helped to, and what a person wants again comes again.
TEST_F(NatsTogetherInCluster, RepeatsAreWhatTheyAreElsewhere) {
  auto made = writer();
  const Tail tail = made->tail()->tail();
  const auto again = made->append(tail, testing::sample_batch("a", 3, 5),
                                  testing::count_position(begun), testing::sample_source);
  ASSERT_FALSE(again);
  expect_stop(again.error(), "stream.repeated");
  EXPECT_TRUE(whole(begun));
  ASSERT_TRUE(set_position(*made, 2));
  ASSERT_TRUE(append(*made, begun - 2));
  auto ids = sample_ids(begun);
  for (std::uint64_t n = 3; n <= begun; ++n) ids.push_back("a:" + std::to_string(n));
  EXPECT_EQ(ids_at(leader()), ids);
}

}  // namespace
}  // namespace headwater::nats

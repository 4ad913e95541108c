// What can happen to a stream, and what is said of it.
#include <nats/nats.h>

#include <string>

#include "src/streams/nats/test_stream.h"

namespace headwater::nats {
namespace {

const ReadLimits at_most{.count = 100, .bytes = 1U << 22U};

/// `headwater position set`: the server's repeat detection knows the events, and they are wanted.
TEST_F(NatsTest, EventsArePublishedAgainIfSomebodyWantsSo) {
  auto made = writer();
  ASSERT_TRUE(append(*made, 5));
  ASSERT_TRUE(set_position(*made, 0));
  auto again = append(*made, 7);
  ASSERT_TRUE(again) << again.error().message;
  auto expected = sample_ids(5);
  const auto all = sample_ids(7);
  expected.insert(expected.end(), all.begin(), all.end());
  EXPECT_EQ(ids_at(server_), expected);
}

TEST_F(NatsTest, AForgottenRelayBeginsAnew) {
  fill(3);
  auto removed = stream()->remove("a");
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_EQ(writer()->tail()->tail(), Tail{});
  fill(2);
  EXPECT_EQ(ids_at(server_).size(), 5U);
}

/// The server was started after it has forgotten the last message's id.
TEST_F(NatsTest, IdsThatTheServerHasForgottenAreNotExpected) {
  server_.edit("EVENTS", [](jsStreamConfig& config) { config.Duplicates = 100'000'000; });
  fill(3);
  server_.kill();
  server_.start();
  auto made = writer();
  for (int i = 0; i < 3; ++i) {
    auto appended = append(*made, 3);
    ASSERT_TRUE(appended) << appended.error().message;
  }
  EXPECT_EQ(ids_at(server_), sample_ids(12));
}

TEST_F(NatsTest, ForeignMessagesAreNamed) {
  fill(3);
  server_.publish("events.hello", "world");
  auto tail = writer()->tail();
  ASSERT_FALSE(tail);
  expect_stop(tail.error(), "stream.other_writer");
  EXPECT_NE(tail.error().next.find("EVENTS 4"), std::string::npos) << tail.error().next;
  auto read = (*stream()->reader())->read(1, at_most, {}, {});
  ASSERT_FALSE(read);
  expect_stop(read.error(), "stream.other_writer");
  find(stream()->check("a"), Finding::Kind::problem, "not written by Headwater");
  // As it says to mend it.
  server_.delete_message("EVENTS", 4);
  fill(2);
  EXPECT_EQ(ids_at(server_), sample_ids(5));
}

TEST_F(NatsTest, AnotherRelaysStreamIsNamed) {
  fill(3);
  auto tail = (*stream()->writer("b"))->tail();
  ASSERT_FALSE(tail);
  expect_stop(tail.error(), "stream.other_relay");
  auto prepared = stream()->prepare("b");
  ASSERT_FALSE(prepared);
  expect_stop(prepared.error(), "stream.other_relay");
}

/// The last message was deleted: its event comes again, and no other.
TEST_F(NatsTest, ADeletedEndIsFilledAgain) {
  fill(3);
  auto made = writer();
  ASSERT_TRUE(append(*made, 5));
  server_.delete_message("EVENTS", 8);
  EXPECT_EQ(testing::counted(made->tail()->tail().position), 7U);
  auto appended = append(*made, 2);
  ASSERT_TRUE(appended) << appended.error().message;
  EXPECT_EQ(ids_at(server_), sample_ids(9));
}

TEST_F(NatsTest, AStreamThatIsNotThereIsNamed) {
  Options other;
  other.stream = "OTHER";
  other.subject = "other.{key}";
  auto made = stream(other)->writer("a");
  ASSERT_FALSE(made);
  expect_stop(made.error(), "stream.not_prepared");
  auto reader = stream(other)->reader();
  ASSERT_FALSE(reader);
  expect_stop(reader.error(), "stream.not_prepared");
  other.create = false;
  auto prepared = stream(other)->prepare("a");
  ASSERT_FALSE(prepared);
  expect_stop(prepared.error(), "stream.not_prepared");
  other.create = true;
  EXPECT_TRUE(stream(other)->prepare("a"));
  EXPECT_TRUE(stream(other)->prepare("a"));
}

TEST_F(NatsTest, ServersThatAreAwayAreRetried) {
  fill(1);
  auto made = writer();
  server_.kill();
  for (int i = 0; i < 2; ++i) {
    auto tail = made->tail();
    ASSERT_FALSE(tail);
    EXPECT_EQ(tail.error().name, "stream.unavailable");
    EXPECT_EQ(tail.error().remedy, Remedy::retry);
  }
  server_.start();
  EXPECT_EQ(made->tail()->tail().sequence, 1U);
}

// ---- limits

class NatsSmallAccount : public NatsTest {
 protected:
  NatsSmallAccount()
      : NatsTest({.lines = {"accounts: { A: { users: [ { user: a, password: b } ], jetstream: { "
                            "max_mem: 1M, max_file: 100K } } }",
                            "no_auth_user: a"}}) {}
};

TEST_F(NatsSmallAccount, ItsEndIsRetried) {
  auto made = writer();
  const auto full = append(*made, 1000);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().name, "stream.disk_full") << full.error().message;
  EXPECT_EQ(full.error().remedy, Remedy::retry);
  EXPECT_NE(full.error().next.find("account"), std::string::npos) << full.error().next;
}

std::vector<Event> one_large(std::size_t size) {
  auto events = testing::sample_batch("a", 1, 3);
  events[1].data.assign(size, 'x');
  return events;
}

void expect_too_large(const Result<Durable>& appended) {
  ASSERT_FALSE(appended);
  expect_stop(appended.error(), "stream.event_too_large");
  EXPECT_NE(appended.error().message.find("event a:2"), std::string::npos)
      << appended.error().message;
}

class NatsSmallPayload : public NatsTest {
 protected:
  NatsSmallPayload() : NatsTest({.lines = {"max_payload: 100000"}}) {}
};

/// What came before it in the append stays, and is not published again.
TEST_F(NatsSmallPayload, AnEventTooLargeIsNamed) {
  auto made = writer();
  expect_too_large(made->append({}, one_large(200'000), Position{"p"}, "s"));
  const Tail tail = made->tail()->tail();
  EXPECT_EQ(made->limits().event, 100'000U);
  EXPECT_EQ(tail.position, testing::count_position(1));
  const auto smaller = one_large(20'000);
  auto rest = made->append(tail, std::span(smaller).subspan(1), Position{"p"}, "s");
  ASSERT_TRUE(rest) << rest.error().message;
  EXPECT_EQ(ids_at(server_), sample_ids(3));
}

TEST_F(NatsTest, AnEventTooLargeForTheStreamIsNamed) {
  server_.edit("EVENTS", [](jsStreamConfig& config) { config.MaxMsgSize = 100'000; });
  auto made = writer();
  ASSERT_TRUE(made->tail());
  EXPECT_EQ(made->limits().event, 100'000U);
  expect_too_large(made->append({}, one_large(200'000), Position{"p"}, "s"));
  const auto smaller = one_large(20'000);
  ASSERT_TRUE(
      made->append(made->tail()->tail(), std::span(smaller).subspan(1), Position{"p"}, "s"));
  EXPECT_EQ(ids_at(server_), sample_ids(3));
}

}  // namespace
}  // namespace headwater::nats

// An append that was cut short is a shorter append: the relay goes on behind it, whatever the
// source brings next. And what comes a second time does so because a person wants it, or not at
// all.
#include <nats/nats.h>

#include <string>

#include "src/streams/nats/test_stream.h"
#include "testing/rig/waiting.h"

namespace headwater::nats {
namespace {

constexpr std::uint64_t cut_at = 30;
constexpr std::uint64_t whole = 40;

class NatsCut : public NatsTest {
 protected:
  /// An append ends before event `cut_at`, which is too large.
  NatsCut() : NatsTest({.lines = {"max_payload: 100000"}}) {
    auto events = testing::sample_batch("a", 1, whole);
    events[cut_at - 1].data.assign(200'000, 'x');
    const auto cut = writer()->append({}, events, testing::count_position(whole), "s");
    EXPECT_FALSE(cut);
    // The server may still be taking in what had been sent.
    EXPECT_TRUE(rig::wait_until([this] { return server_.last("EVENTS", ">") == cut_at - 1; }));
  }

  /// By a relay that has just started.
  Result<Durable> append_behind(const std::vector<Event>& events, const Position& position) {
    auto made = writer();
    auto tail = made->tail();
    if (!tail) return tail;
    return made->append(tail->tail(), events, position, "s");
  }
};

TEST_F(NatsCut, EndsWhereItsLastMessageSays) {
  const auto tail = writer()->tail();
  ASSERT_TRUE(tail) << tail.error().message;
  EXPECT_EQ(tail->tail(), (Tail{.sequence = cut_at - 1,
                                .position = testing::count_position(cut_at - 1),
                                .source = "s"}));
}

/// A snapshot reads ahead, or again at another time: other events, in another order, some of them
/// gone.
TEST_F(NatsCut, IsGoneOnWithBehindIt) {
  std::vector<Event> rest;
  for (const std::uint64_t number : {35U, 31U, 50U, 30U}) {
    rest.push_back(testing::sample_event("a", number));
  }
  auto appended = append_behind(rest, testing::count_position(60));
  ASSERT_TRUE(appended) << appended.error().message;
  auto ids = sample_ids(cut_at - 1);
  for (const char* id : {"a:35", "a:31", "a:50", "a:30"}) ids.emplace_back(id);
  EXPECT_EQ(ids_at(server_), ids);
  EXPECT_EQ(writer()->tail()->tail(), appended->tail());
}

TEST_F(NatsCut, MayLeaveNothingToCome) {
  auto appended = append_behind({}, testing::count_position(60));
  ASSERT_TRUE(appended) << appended.error().message;
  EXPECT_EQ(ids_at(server_), sample_ids(cut_at - 1));
  EXPECT_EQ(appended->tail().sequence, cut_at - 1);
}

class NatsRepeated : public NatsTest {
 protected:
  NatsRepeated() { fill(whole); }
};

/// A source that repeats itself is not helped to.
TEST_F(NatsRepeated, WithoutAReasonStops) {
  auto made = writer();
  const Tail tail = made->tail()->tail();
  for (const std::uint64_t first : {7U, 40U, 1U}) {
    auto again = made->append(tail, testing::sample_batch("a", first, 5),
                              testing::count_position(whole + 5), testing::sample_source);
    ASSERT_FALSE(again);
    expect_stop(again.error(), "stream.repeated");
    EXPECT_NE(again.error().message.find("a:" + std::to_string(first) + " is message " +
                                         std::to_string(first)),
              std::string::npos)
        << again.error().message;
  }
  EXPECT_EQ(ids_at(server_), sample_ids(whole));
  EXPECT_EQ(made->tail()->tail(), tail);
}

/// Then only what stands before that place may come again, and once.
TEST_F(NatsRepeated, WhenAPersonHasSetThePositionBackIsWanted) {
  auto made = writer();
  ASSERT_TRUE(set_position(*made, 20));
  for (const std::uint64_t piece : {7U, 13U}) {
    auto again = append(*writer(), piece);
    ASSERT_TRUE(again) << again.error().message;
  }
  auto ids = sample_ids(whole);
  for (std::uint64_t n = 21; n <= whole; ++n) ids.push_back("a:" + std::to_string(n));
  EXPECT_EQ(ids_at(server_), ids);
  // Set back once more, by the same writer.
  ASSERT_TRUE(set_position(*made, 35));
  auto thrice = append(*made, 5);
  ASSERT_TRUE(thrice) << thrice.error().message;
  EXPECT_EQ(ids_at(server_).size(), whole + 20 + 5);
  EXPECT_EQ(server_.headers("EVENTS", whole + 1)["Headwater-Set"], "1");
}

/// As when the stream lost it and the server remembers its id.
TEST_F(NatsRepeated, OfWhatIsGoneIsNone) {
  auto made = writer();
  const Tail tail = made->tail()->tail();
  ASSERT_TRUE(made->maintain());
  server_.purge("EVENTS");
  auto again = made->append(tail, testing::sample_batch("a", 36, 5), testing::count_position(whole),
                            testing::sample_source);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(ids_at(server_), (std::vector<std::string>{"a:36", "a:37", "a:38", "a:39", "a:40"}));
}

}  // namespace
}  // namespace headwater::nats

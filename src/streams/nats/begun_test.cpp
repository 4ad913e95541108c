// What an append that was cut short has left: it is left out when it comes again, once, and is then
// forgotten.
#include <nats/nats.h>

#include <string>

#include "src/streams/nats/acks.h"
#include "src/streams/nats/connection.h"
#include "src/streams/nats/message.h"
#include "src/streams/nats/test_stream.h"
#include "testing/rig/waiting.h"

namespace headwater::nats {
namespace {

constexpr std::uint64_t cut_at = 30;

class NatsBegun : public NatsTest {
 protected:
  /// An append of `whole` events ends before event `cut_at`, which is too large.
  explicit NatsBegun(std::uint64_t whole = 40) : NatsTest({.lines = {"max_payload: 100000"}}) {
    auto events = testing::sample_batch("a", 1, whole);
    events[cut_at - 1].data.assign(200'000, 'x');
    auto made = writer();
    const auto cut = made->append({}, events, testing::count_position(whole), "s");
    EXPECT_FALSE(cut);
    // The server may still be taking in what had been sent.
    EXPECT_TRUE(rig::wait_until([this] { return server_.last("EVENTS", ">") == cut_at - 1; }));
  }

  /// By a relay that has just started.
  void append_one_batch(const std::vector<Event>& events, std::uint64_t position) {
    auto made = writer();
    auto tail = made->tail();
    ASSERT_TRUE(tail) << tail.error().message;
    auto appended = made->append(tail->tail(), events, testing::count_position(position), "s");
    ASSERT_TRUE(appended) << appended.error().message;
  }
  /// One message as relay "a" sends it; a position for an event without id.
  void publish(const Event& event, Mark mark, const Fence& fence) {
    auto opened = Connection::open({.urls = {server_.url()}});
    ASSERT_TRUE(opened) << opened.error().message;
    auto batch = Batch::begin(*opened);
    ASSERT_TRUE(batch);
    mark.relay = "a";
    const bool moves = event.id.empty();
    const Envelope envelope{
        .subject = moves ? "headwater.position.EVENTS" : "events.shop.a." + event.id,
        .reply = batch->reply(),
        .id = moves ? batch->name() : event.id};
    const Message message = moves ? position_message(envelope, mark, fence)
                                  : event_message(envelope, event, mark, fence);
    ASSERT_TRUE(batch->send(message.get()));
    ASSERT_EQ(batch->next()->code, 0);
  }
  [[nodiscard]] std::string last_header(const std::string& name) {
    return server_.headers("EVENTS", server_.last("EVENTS", ">"))[name];
  }
};

/// The source brings it in smaller pieces, and the end is read anew before each.
TEST_F(NatsBegun, ComesAgainInPieces) {
  append_one_batch(testing::sample_batch("a", 1, 10), 10);
  EXPECT_EQ(last_header("Headwater-Since"), "11");
  EXPECT_EQ(last_header("Headwater-Until"), std::to_string(cut_at - 1));
  append_one_batch(testing::sample_batch("a", 11, 10), 20);
  EXPECT_EQ(last_header("Headwater-Since"), "21");
  append_one_batch(testing::sample_batch("a", 21, 20), 40);
  EXPECT_EQ(last_header("Headwater-Since"), "");
  EXPECT_EQ(ids_at(server_), sample_ids(40));
  // Set back by somebody: all of it is wanted again.
  append_one_batch({}, 0);
  append_one_batch(testing::sample_batch("a", 1, 40), 40);
  EXPECT_EQ(ids_at(server_).size(), 80U);
}

/// What is appended behind it is not part of it.
TEST_F(NatsBegun, HasAnEnd) {
  auto more = testing::sample_batch("a", 101, 5);
  append_one_batch(more, 0);
  EXPECT_EQ(last_header("Headwater-Since"), "1");
  EXPECT_EQ(last_header("Headwater-Until"), std::to_string(cut_at - 1));
  append_one_batch({}, 0);
  append_one_batch(more, 0);
  EXPECT_EQ(ids_at(server_).size(), cut_at - 1 + 5 + 5);
  append_one_batch(testing::sample_batch("a", 1, 40), 40);
  EXPECT_EQ(ids_at(server_).size(), 40U + 5 + 5);
  EXPECT_EQ(last_header("Headwater-Since"), "");
}

/// As when the table it is of is not watched any more.
TEST_F(NatsBegun, IsForgottenWhenTheSourceIsPastIt) {
  auto later = testing::sample_batch("a", 101, 1);
  later[0].time += Milliseconds(120'000);
  append_one_batch(later, 101);
  EXPECT_EQ(last_header("Headwater-Since"), "");
  auto made = writer();
  ASSERT_TRUE(made->tail());
  ASSERT_TRUE(made->maintain());
  server_.purge("EVENTS");
  EXPECT_EQ(testing::counted(made->tail()->tail().position), 101U);
}

/// A piece of it that is not watched any more, before one that is.
TEST_F(NatsBegun, IsForgottenUpToWhatComes) {
  append_one_batch(testing::sample_batch("a", 20, 21), 40);
  EXPECT_EQ(last_header("Headwater-Since"), "");
}

/// Another relay took over, and got further than the first; then one message more of the first one
/// arrives, fits, and still says the position of before.
TEST_F(NatsBegun, NeverTakesThePositionBack) {
  append_one_batch(testing::sample_batch("a", 1, 35), 35);
  publish(testing::sample_event("a", 36), {.since = {.first = 1}}, {.sequence = 35, .id = "a:35"});
  auto made = writer();
  auto tail = made->tail();
  ASSERT_TRUE(tail);
  EXPECT_EQ(tail->tail(),
            (Tail{.sequence = 36, .position = testing::count_position(35), .source = "s"}));
  append_one_batch(testing::sample_batch("a", 36, 5), 40);
  EXPECT_EQ(ids_at(server_), sample_ids(40));
  EXPECT_EQ(last_header("Headwater-Since"), "");
}

/// A stream of a Headwater that wrote no end of it, and never came to its end.
TEST_F(NatsBegun, WithoutAnEndIsGoneOnWith) {
  publish({},
          {.position = testing::count_position(10),
           .source = "s",
           .since = {.first = 1},
           .last_event = cut_at - 1},
          {.sequence = cut_at - 1});
  append_one_batch(testing::sample_batch("a", 11, 30), 40);
  EXPECT_EQ(last_header("Headwater-Since"), "");
  EXPECT_EQ(ids_at(server_), sample_ids(40));
}

}  // namespace
}  // namespace headwater::nats

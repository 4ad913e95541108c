// Messages that come late: of a relay that hung, or of a connection given up, after another relay
// has gone on. What they find is what makes the difference; nothing is lost, repeated or out of
// order.
#include <nats/nats.h>

#include <future>
#include <string>

#include "src/streams/nats/test_stream.h"
#include "testing/rig/tcp_proxy.h"

namespace headwater::nats {
namespace {

constexpr std::uint64_t begun = 10;
constexpr std::uint64_t late = 20;
constexpr std::uint64_t least_bytes = 200;  // of a message

/// Whether the server detects repeats by itself for long enough to matter here.
class NatsLate : public NatsTest, public ::testing::WithParamInterface<bool> {
 protected:
  NatsLate() {
    if (!GetParam()) {
      server_.edit("EVENTS", [](jsStreamConfig& config) { config.Duplicates = 100'000'000; });
    }
    fill(begun);
  }

  /// Sends an append of `late` events, which is held up on its way; returns once the writer has
  /// given up on it.
  void send_late() {
    const auto stream = stream_at("nats://127.0.0.1:" + std::to_string(way_.port()));
    auto hung = stream->writer("a");
    ASSERT_TRUE(hung) << hung.error().message;
    const Tail tail = (*hung)->tail()->tail();
    // The first append reads the end once more.
    auto moved = (*hung)->append(tail, {}, testing::count_position(begun), testing::sample_source);
    ASSERT_TRUE(moved) << moved.error().message;
    way_.silence();
    auto lost = (*hung)->append(moved->tail(), testing::sample_batch("a", begun + 1, late),
                                testing::count_position(begun + late), testing::sample_source);
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().remedy, Remedy::retry) << lost.error().message;
  }
  /// Now the late messages arrive; returns when the server has dealt with them.
  void let_through() {
    const auto before = way_.bytes();
    way_.restore();
    ASSERT_TRUE(rig::wait_until([&] { return way_.bytes() > before + least_bytes * late; }));
    // Nothing tells when the server has dealt with them; it answers a good many questions
    // meanwhile.
    int unchanged = 0;
    std::uint64_t last = 0;
    ASSERT_TRUE(rig::wait_until([&] {
      const std::uint64_t now = server_.last("EVENTS", ">");
      unchanged = now == last ? unchanged + 1 : 0;
      last = now;
      return unchanged == 20;
    }));
  }
  void append_some(StreamWriter& writer, std::uint64_t count) {
    auto appended = append(writer, count);
    ASSERT_TRUE(appended) << appended.error().message;
  }
  /// A relay takes up the tail that is there, and brings the rest.
  void expect_whole(std::uint64_t count) {
    auto next = writer();
    const std::uint64_t done = testing::counted(next->tail()->tail().position);
    ASSERT_LE(done, count);
    append_some(*next, count - done);
    EXPECT_EQ(ids_at(server_), sample_ids(count));
    // And on.
    append_some(*next, 5);
    EXPECT_EQ(ids_at(server_), sample_ids(count + 5));
  }

  rig::TcpProxy way_{server_.port()};
};

TEST_P(NatsLate, NobodyWasThere) {
  send_late();
  let_through();
  expect_whole(begun + late);
}

TEST_P(NatsLate, AnotherHasPublishedTheSame) {
  send_late();
  append_some(*writer(), late);
  let_through();
  expect_whole(begun + late);
}

TEST_P(NatsLate, AnotherHasPublishedMore) {
  send_late();
  append_some(*writer(), late + 7);
  let_through();
  expect_whole(begun + late + 7);
}

/// The late append's messages behind those go on where the other one stopped, and say an older
/// position than it did.
TEST_P(NatsLate, AnotherHasPublishedItsBeginning) {
  send_late();
  append_some(*writer(), 7);
  let_through();
  expect_whole(begun + late);
}

TEST_P(NatsLate, AnotherHasPublishedInPieces) {
  send_late();
  auto other = writer();
  for (const std::uint64_t piece : {1U, 2U, 3U}) append_some(*other, piece);
  let_through();
  expect_whole(begun + late);
}

/// Its message took the place of the first late one: the second must not find its place behind it.
TEST_P(NatsLate, AnotherHasMovedThePosition) {
  send_late();
  auto other = writer();
  const Tail tail = other->tail()->tail();
  ASSERT_TRUE(other->append(tail, {}, testing::count_position(begun), testing::sample_source));
  let_through();
  EXPECT_EQ(ids_at(server_), sample_ids(begun));
  expect_whole(begun + late);
}

/// Events, then a position in the place of a late one.
TEST_P(NatsLate, AnotherHasPublishedAndMovedThePosition) {
  send_late();
  auto other = writer();
  append_some(*other, 4);
  const Tail tail = other->tail()->tail();
  ASSERT_TRUE(other->append(tail, {}, testing::count_position(begun + 4), testing::sample_source));
  append_some(*other, 3);
  let_through();
  expect_whole(begun + late);
}

/// The other is at it when the late ones come.
TEST_P(NatsLate, AnotherIsPublishing) {
  send_late();
  auto other = std::async(std::launch::async, [this] {
    auto made = stream()->writer("a");
    std::uint64_t done = 0;
    while (made && done < begun + 400) {
      auto tail = (*made)->tail();
      if (!tail) return false;
      done = testing::counted(tail->tail().position);
      auto appended = (*made)->append(tail->tail(), testing::sample_batch("a", done + 1, 3),
                                      testing::count_position(done + 3), testing::sample_source);
      if (!appended && appended.error().remedy == Remedy::stop) return false;
    }
    return true;
  });
  let_through();
  ASSERT_TRUE(other.get());
  const auto ids = ids_at(server_);
  EXPECT_EQ(ids, sample_ids(ids.size()));
  expect_whole(ids.size());
}

INSTANTIATE_TEST_SUITE_P(Detecting, NatsLate, ::testing::Bool(),
                         [](const auto& each) { return each.param ? "repeats" : "nothing"; });

}  // namespace
}  // namespace headwater::nats

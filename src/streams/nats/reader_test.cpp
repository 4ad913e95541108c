#include "src/streams/nats/test_stream.h"

namespace headwater::nats {
namespace {

TEST_F(NatsTest, EventsThatGoWhileTheyAreReadAreNoFailure) {
  fill(10);
  auto opened = stream()->reader();
  ASSERT_TRUE(opened) << opened.error().message;
  StreamReader& from = **opened;
  const ReadLimits one{.count = 1, .bytes = 1U << 20U};
  ASSERT_TRUE(from.read(8, one, {}, {}));
  server_.purge("EVENTS");
  // It knows that there were ten.
  auto gone = from.read(2, one, {}, {});
  ASSERT_TRUE(gone) << gone.error().message;
  EXPECT_TRUE(gone->empty());
  fill(1);
  auto next = from.read(2, one, rig::patience, {});
  ASSERT_TRUE(next) << next.error().message;
  ASSERT_EQ(next->size(), 1U);
  EXPECT_EQ(next->front().event.id, "a:11");
}

/// As consumers do that begin again: what the server still sends then finds nobody.
TEST_F(NatsTest, AReaderBeginsElsewhereWhileEventsAreComing) {
  constexpr std::uint64_t count = 2'000;
  fill(count);
  auto opened = stream()->reader();
  ASSERT_TRUE(opened) << opened.error().message;
  for (std::uint64_t times = 0; times < 50; ++times) {
    const std::uint64_t from = times % 2 == 0 ? 1 : 10;
    auto read = (*opened)->read(from, {.count = 1, .bytes = 1U << 20U}, {}, {});
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->size(), 1U);
    EXPECT_EQ(read->front().sequence, from);
  }
}

}  // namespace
}  // namespace headwater::nats

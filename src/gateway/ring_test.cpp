#include "src/gateway/ring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headwater::gateway {
namespace {

std::vector<StoredEvent> events(std::uint64_t from, std::uint64_t to,
                                const std::string& data = "{}") {
  std::vector<StoredEvent> all;
  for (std::uint64_t at = from; at <= to; ++at) {
    StoredEvent stored{.sequence = at, .event = {}};
    stored.event.data = data;
    all.push_back(std::move(stored));
  }
  return all;
}

TEST(Ring, HasTheEventsFromItsBeginningOn) {
  Ring ring(1'000'000);
  EXPECT_FALSE(ring.chunk_from(1));
  ring.start(10, "life");
  EXPECT_FALSE(ring.chunk_from(9));
  EXPECT_EQ(*ring.chunk_from(10), nullptr);
  ring.add(to_chunk(events(12, 14)));
  ring.add(to_chunk(events(15, 16)));
  EXPECT_EQ(ring.end(), 17U);
  EXPECT_EQ((*ring.chunk_from(10))->last(), 14U);
  EXPECT_EQ((*ring.chunk_from(14))->last(), 14U);
  EXPECT_EQ((*ring.chunk_from(15))->last(), 16U);
  EXPECT_EQ(*ring.chunk_from(17), nullptr);
}

TEST(Ring, DropsTheOldest) {
  Ring ring(2'000);
  ring.start(1, "life");
  for (std::uint64_t at = 1; at <= 10; ++at) {
    ring.add(to_chunk(events(at, at, "{\"a\":\"" + std::string(800, 'x') + "\"}")));
  }
  EXPECT_FALSE(ring.chunk_from(8));
  EXPECT_EQ((*ring.chunk_from(10))->last(), 10U);
  // One chunk larger than everything stays until the next.
  ring.add(to_chunk(events(11, 11, "{\"a\":\"" + std::string(9'000, 'x') + "\"}")));
  EXPECT_FALSE(ring.chunk_from(10));
  EXPECT_EQ((*ring.chunk_from(11))->last(), 11U);
}

TEST(Chunk, BeginsAtAnyOfItsEvents) {
  const SharedChunk chunk = to_chunk(events(5, 7));
  EXPECT_EQ(chunk->offset_of(0), 0U);
  EXPECT_EQ(chunk->offset_of(5), 0U);
  EXPECT_THAT(chunk->bytes.substr(chunk->offset_of(6)), testing::StartsWith("id: 6\ndata: {"));
  EXPECT_EQ(chunk->offset_of(8), chunk->bytes.size());
}

TEST(Chunk, EachLineOfAnEventIsData) {
  const SharedChunk chunk = to_chunk(events(1, 1, "{\r\n\"a\":\n1}"));
  EXPECT_THAT(chunk->bytes, testing::EndsWith("\"data\":{\ndata: \"a\":\ndata: 1}}\n\n"));
}

}  // namespace
}  // namespace headwater::gateway

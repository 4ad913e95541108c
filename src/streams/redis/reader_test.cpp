// What a reader requests from the server.
#include <span>
#include <string>

#include "src/streams/redis/test_stream.h"

namespace headwater::redis {
namespace {

/// They would be in memory at once, here and in the server.
TEST_F(RedisTest, LargeEventsBehindSmallOnesComeAFewAtATime) {
  auto writer = stream()->writer("a");
  ASSERT_TRUE(writer) << writer.error().message;
  auto tail = append(**writer, 1000);
  ASSERT_TRUE(tail) << tail.error().message;
  auto large = testing::sample_batch("a", 1001, 300);
  for (Event& event : large) event.data = "\"" + std::string(100'000, 'x') + "\"";
  for (std::size_t at = 0; at < large.size(); at += 30) {
    auto appended = (*writer)->append(*tail, std::span(large).subspan(at, 30), {}, "s");
    ASSERT_TRUE(appended) << appended.error().message;
    tail = appended->tail();
  }
  auto reader = stream()->reader();
  ASSERT_TRUE(reader) << reader.error().message;
  const auto before = std::stoull(server_.info("total_net_output_bytes"));
  auto events = (*reader)->read(1, {.count = 2000, .bytes = std::size_t{8} << 20U}, {}, {});
  ASSERT_TRUE(events) << events.error().message;
  EXPECT_GT(events->size(), 1000U);
  EXPECT_LT(std::stoull(server_.info("total_net_output_bytes")) - before, 16'000'000U);
}

}  // namespace
}  // namespace headwater::redis

// A child process that appends to a Redis Stream, for the tests. Usage: redis_child URL ... (see
// stream_child())
#include <string>
#include <vector>

#include "src/streams/redis/redis.h"
#include "testing/contract/stream_child.h"

int main(int count, char** words) {
  const std::vector<std::string> arguments(words + 1, words + count);
  const headwater::SystemClock clock;
  headwater::redis::Options options;
  options.server = headwater::redis::parse_url(arguments.at(0)).value();
  const auto stream = headwater::redis::make_stream(options, clock);
  return headwater::testing::stream_child(*stream, {arguments.begin() + 1, arguments.end()});
}

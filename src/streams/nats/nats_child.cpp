// A process of its own that appends to a JetStream stream, for the tests.
// Usage: nats_child URL ... (see stream_child())
#include <string>
#include <vector>

#include "src/streams/nats/nats.h"
#include "testing/contract/stream_child.h"

int main(int count, char** words) {
  const std::vector<std::string> arguments(words + 1, words + count);
  const headwater::SystemClock clock;
  const auto stream = headwater::nats::make_stream({.urls = {arguments.at(0)}}, clock);
  return headwater::testing::stream_child(*stream, {arguments.begin() + 1, arguments.end()});
}

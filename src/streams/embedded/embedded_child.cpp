// A process of its own that appends to an embedded stream, for the contract suite.
// Usage: embedded_child PATH ... (see stream_child())
#include <string>
#include <vector>

#include "src/streams/embedded/embedded.h"
#include "testing/contract/stream_child.h"

int main(int count, char** words) {
  const std::vector<std::string> arguments(words + 1, words + count);
  const headwater::SystemClock clock;
  const auto stream = headwater::embedded::make_stream({.path = arguments.at(0)}, clock);
  return headwater::testing::stream_child(*stream, {arguments.begin() + 1, arguments.end()});
}

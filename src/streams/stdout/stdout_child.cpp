// A child process that writes to standard output, for the contract suite. Usage: stdout_child
// POSITION ... (see stream_child())
#include <string>
#include <vector>

#include "src/streams/stdout/stdout.h"
#include "testing/contract/stream_child.h"

int main(int count, char** words) {
  const std::vector<std::string> arguments(words + 1, words + count);
  const auto stream = headwater::stdout_stream::make_stream({.position = arguments.at(0)});
  return headwater::testing::stream_child(*stream, {arguments.begin() + 1, arguments.end()});
}

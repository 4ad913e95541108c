// A child process that appends to an embedded stream, for the tests. Usage: embedded_child PATH ...
// (see stream_child()) Its last line is its peak memory: "VmHWM: 12345 kB".
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "src/streams/embedded/embedded.h"
#include "testing/contract/stream_child.h"

int main(int count, char** words) {
  const std::vector<std::string> arguments(words + 1, words + count);
  const headwater::SystemClock clock;
  const auto stream = headwater::embedded::make_stream({.path = arguments.at(0)}, clock);
  const int code =
      headwater::testing::stream_child(*stream, {arguments.begin() + 1, arguments.end()});
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) std::cout << line << '\n';
  }
  return code;
}

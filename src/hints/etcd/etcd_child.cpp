// Claims to lead, for the tests, until it is killed. Prints what comes out whenever that changes:
// "ours", "others" or an error's name. Usage: etcd_child HOST:PORT RELAY
#include <cstdio>
#include <string>
#include <vector>

#include "src/base/wait_for.h"
#include "src/hints/etcd/etcd.h"

int main(int count, char** words) {
  using namespace headwater;
  const std::vector<std::string> arguments(words + 1, words + count);
  const SystemClock clock;
  const auto adapter = etcd::make_hint({.endpoints = {{.address = arguments.at(0)}}});
  const auto hint = adapter->open(arguments.at(1), clock);
  std::string last;
  do {
    const auto claim = hint->claim({});
    const std::string now = !claim ? claim.error().name : *claim == Claim::ours ? "ours" : "others";
    if (now != last) std::printf("%s\n", now.c_str());
    std::fflush(stdout);
    last = now;
  } while (wait_for(hint->interval(), {}));
}

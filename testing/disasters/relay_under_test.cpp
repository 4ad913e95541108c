// relay_under_test CONFIG die|hang STEP PASSING
//   A relay that kills (die) or stops (hang) itself when it reaches a step (src/relay/observer.h)
//   for the PASSINGth time.
// relay_under_test CONFIG lives COUNT SEED
//   COUNT relays one after the other, each of which dies at random (lives.h).
#include <csignal>
#include <cstdlib>
#include <string>

#include "testing/disasters/faulty_relay.h"
#include "testing/disasters/lives.h"

int main(int argc, char** argv) {
  using namespace headwater;  // a program's main
  if (argc != 5) return 2;
  const std::string config = argv[1];
  const std::string what = argv[2];
  const std::string which = argv[3];
  const std::uint64_t number = std::strtoull(argv[4], nullptr, 10);
  if (what == "lives") {
    return rig::run_lives(config, std::strtoull(which.c_str(), nullptr, 10), number);
  }
  const auto step = step_for(which);
  if (!step || (what != "hang" && what != "die")) return 2;
  rig::RelayState state;
  return rig::run_faulty_relay(
      config, {.signal = what == "hang" ? SIGSTOP : SIGKILL, .step = *step, .passing = number},
      state);
}

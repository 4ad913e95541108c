// relay_under_test CONFIG die|hang STEP PASSING
// The relay of `headwater run`, made from the same configuration by the same class, with a fault:
// at the given passing of a step (src/relay/observer.h) it kills (die) or stops (hang) itself. The
// product has no such back door.
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

#include "src/cli/configured.h"
#include "src/cli/log.h"
#include "src/cli/running_relay.h"
#include "src/cli/signals.h"

namespace headwater {
namespace {

struct Fault {
  int signal;
  Step step;
  std::uint64_t passing;
};

class FaultyRelay final : public cli::RunningRelay {
 public:
  FaultyRelay(cli::ConfiguredRelay configured, const Clock& clock, cli::Log& log,
              const Fault& fault)
      : RunningRelay(std::move(configured), false, clock, log),
        fault_(fault),
        left_(fault.passing) {}

  void at(Step step) override {
    // To this very thread: it must not take another step before the signal arrives.
    if (step == fault_.step && left_.fetch_sub(1) == 1) ::raise(fault_.signal);
  }

 private:
  Fault fault_;
  std::atomic<std::uint64_t> left_;
};

int run(const std::string& config, const Fault& fault) {
  const SystemClock clock;
  cli::Log log(clock);
  log.configure(cli::LogFormat::json, cli::LogLevel::info);
  const cli::Target target{.file = config, .relay = {}};
  auto configured = cli::configured_relay(target, clock);
  if (!configured) return cli::end_with(configured.error(), target, log);
  const cli::Signals signals;
  FaultyRelay relay(std::move(*configured), clock, log, fault);
  auto done = relay.run(signals.stop());
  return done ? 0 : cli::end_with(done.error(), target, log);
}

}  // namespace
}  // namespace headwater

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const std::string what = argv[2];
  const auto step = headwater::step_for(argv[3]);
  if (!step || (what != "hang" && what != "die")) return 2;
  return headwater::run(argv[1], {.signal = what == "hang" ? SIGSTOP : SIGKILL,
                                  .step = *step,
                                  .passing = std::strtoull(argv[4], nullptr, 10)});
}

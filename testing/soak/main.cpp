// Soaks the program: hours of load with a fault every few seconds. Exit code: 0 if every promise was
// kept, 1 if one was broken, 2 for a usage error, 130 if it was interrupted.
#include <sched.h>
#include <sys/mount.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "bench/machine.h"
#include "testing/soak/report.h"
#include "testing/soak/track.h"

namespace headwater::soak {
namespace {

volatile std::sig_atomic_t interrupted = 0;
void interrupt(int /*signal*/) { interrupted = 1; }

struct Request {
  double hours = 1;
  std::uint64_t seed = 0;
  std::string report;
};

std::string time_now() {
  const std::time_t now = std::time(nullptr);
  std::ostringstream text;
  text << std::put_time(std::gmtime(&now), "%Y-%m-%d %H:%M UTC");
  return text.str();
}

void say(const std::string& text) { std::cerr << time_now() << ' ' << text << std::endl; }

/// The small disks then belong to this process and its children, and vanish with them however it
/// ends.
void have_own_mounts() {
  if (::unshare(CLONE_NEWNS) == 0) {
    ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  } else {
    say("may not mount here, so no disk gets full");
  }
}

/// Runs the tracks until the time is over, a promise is broken, or an interruption.
void run_for(std::chrono::duration<double> length,
             const std::vector<std::unique_ptr<Track>>& tracks) {
  const SystemClock clock;
  const auto end = clock.steady() + std::chrono::duration_cast<std::chrono::nanoseconds>(length);
  while (clock.steady() < end && interrupted == 0) {
    for (const auto& track : tracks) {
      track->tick();
      if (!track->trouble().empty()) return;
    }
    std::this_thread::sleep_for(Milliseconds(20));
  }
}

int soak(const Request& request) {
  say("seed " + std::to_string(request.seed));
  Result result{.machine = bench::describe_machine(std::filesystem::temp_directory_path()),
                .when = time_now(),
                .seed = request.seed};
  std::vector<std::unique_ptr<Track>> tracks;
  tracks.push_back(std::make_unique<Track>(mongodb_to_nats(), request.seed));
  tracks.push_back(std::make_unique<Track>(sqlite_to_embedded(), request.seed + 1'000'000));
  say("running for " + std::to_string(std::lround(request.hours * 3'600)) +
      " s; Ctrl-C stops everything");
  const SystemClock clock;
  const SteadyTime begin = clock.steady();
  run_for(std::chrono::duration<double, std::ratio<3600>>(request.hours), tracks);
  result.lasted = std::chrono::duration_cast<std::chrono::seconds>(clock.steady() - begin);
  if (interrupted != 0) {
    say("interrupted: everything is stopped, nothing was counted");
    return 130;
  }
  say("counting");
  for (const auto& track : tracks) result.outcomes.push_back(track->finish());
  print(std::cout, result);
  if (!request.report.empty()) {
    std::ofstream file(request.report);
    print(file, result);
  }
  const auto wrong = broken(result);
  for (const std::string& each : wrong) std::cout << "BROKEN: " << each << '\n';
  if (wrong.empty()) return 0;
  // The folders, which are printed as they are left.
  ::setenv("HEADWATER_KEEP", "1", 1);
  for (const auto& track : tracks) track->keep();
  return 1;
}

int main(int count, char** arguments) {
  Request request{.seed = std::random_device()()};
  CLI::App app("Load for hours, with a fault every few seconds; docs/soak.md explains it.");
  app.add_option("HOURS", request.hours, "How long; 0.02 is about a minute")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--seed", request.seed, "Chooses load and faults; random if it is not given");
  app.add_option("--report", request.report, "Also write the report to this file, as Markdown");
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  struct sigaction action {};
  action.sa_handler = &interrupt;
  // The second one ends it at once, and the system ends its children.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  have_own_mounts();
  return soak(request);
}

}  // namespace
}  // namespace headwater::soak

int main(int count, char** arguments) { return headwater::soak::main(count, arguments); }

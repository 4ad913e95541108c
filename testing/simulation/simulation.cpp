#include "testing/simulation/simulation.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "testing/simulation/process.h"

namespace headwater::simulation {
namespace {

constexpr Milliseconds faults_end{20'000};
/// By then the last pause and the last slow call are over.
constexpr Milliseconds healthy_from{30'000};
/// Many times the longest pause, a takeover and a few retries.
constexpr Milliseconds deadline{80'000};

RelayOptions options_for(Chance& chance) {
  RelayOptions options;
  options.name = "simulated";
  options.takeover_after = Milliseconds(1'000);
  options.position_interval = Milliseconds(200);
  options.maintain_interval = Milliseconds(1'000);
  options.tail_interval = Milliseconds(2'000);
  options.tend_interval = Milliseconds(300);
  options.stop_patience = Milliseconds(chance.between(0, 500));
  options.idle_read = Milliseconds(60'000);
  options.retry_first = Milliseconds(20);
  options.retry_longest = Milliseconds(2'000);
  options.read = {chance.between(1, 12), 6'000};
  options.append = {chance.between(1, 30), 12'000};
  options.changes_bytes = chance.between(1, 12'000);
  options.events_bytes = chance.between(1, 12'000);
  if (chance.in_thousand(500)) options.append_pause = Milliseconds(chance.between(1, 300));
  if (chance.in_thousand(100)) options.on_conflict = OnConflict::exit;
  if (chance.in_thousand(100)) options.until_current = true;
  return options;
}

class Simulation {
 public:
  Simulation(std::uint64_t seed, bool tracing, Broken broken)
      : world_(seed, tracing),
        database_(world_),
        stream_(world_, database_, broken),
        hint_(world_) {
    if (world_.chance.in_thousand(700)) database_.commit(world_.chance.between(1, 60));
    if (!world_.source.has_beginning) stream_.prepare();
    const std::uint64_t relays = world_.chance.between(1, 4);
    for (std::uint64_t i = 0; i < relays; ++i) {
      RelayOptions options = options_for(world_.chance);
      // One relay must still exist in the end.
      if (i == 0) options.on_conflict = OnConflict::standby;
      if (i == 0) options.until_current = false;
      options.empty_tail_is_beginning =
          world_.source.has_beginning || broken == Broken::empty_is_now;
      processes_.push_back(
          std::make_unique<Process>(Environment{world_, database_, stream_, hint_, broken},
                                    "relay " + std::to_string(i), options));
    }
  }

  Outcome run() {
    for (const auto& process : processes_) {
      world_.after(world_.chance.span(0, 500), [&world = world_, relay = process.get()] {
        if (world.faulty) relay->start();
      });
    }
    commit_repeatedly();
    inject_faults();
    world_.after(faults_end, [this] { heal(); });
    const SteadyTime end = SteadyTime{} + deadline;
    world_.after(healthy_from + Milliseconds(1), [] {});
    while (world_.failure().empty() && !over_ && world_.now() < end && world_.step()) {
      if (!stopping_ && world_.now() > SteadyTime{} + healthy_from && drained()) stop_all();
      if ((stopping_ && none_running()) || one_gave_up()) over_ = true;
    }
    if (world_.failure().empty() && !over_) world_.fail(unfinished_state());
    Outcome outcome{.failure = world_.failure(),
                    .trace = world_.trace_text(),
                    .counts = stream_.counts(),
                    .gave_up = one_gave_up()};
    for (const auto& process : processes_) {
      outcome.takeovers += process->takeovers();
      outcome.claims += process->claims();
    }
    return outcome;
  }

 private:
  void commit_repeatedly() {
    Chance& chance = world_.chance;
    // A few bursts are larger than the queues.
    database_.commit(chance.in_thousand(50) ? chance.between(20, 80) : chance.between(1, 5));
    const bool lull = chance.in_thousand(60);
    const Milliseconds pause = lull ? chance.span(1'000, 4'000) : chance.span(5, 300);
    // Some changes are committed after the faults, for the remaining relays.
    if (world_.now() < SteadyTime{} + faults_end + Milliseconds(500)) {
      world_.after(pause, [this] { commit_repeatedly(); });
    } else {
      committing_ = false;
    }
  }

  void inject_faults() {
    Chance& chance = world_.chance;
    Process& victim = *processes_[chance.between(0, processes_.size() - 1)];
    const std::uint64_t kind = chance.between(0, 99);
    if (kind < 30) {
      victim.kill();
    } else if (kind < 55 && victim.running()) {
      victim.pause(chance.span(50, 5'000));
    } else if (kind < 65) {
      victim.stop();
    } else if (kind < 75) {
      stream_.go_down(chance.span(50, 3'000));
    } else if (kind < 80) {
      stream_.go_back(chance.between(1, 5));
    } else if (kind < 85 && world_.source.loses) {
      chance.in_thousand(500) ? database_.lose() : stream_.recreate();
    } else if (!victim.running()) {
      victim.start();
    }
    world_.after(chance.span(50, 1'500), [this] {
      if (world_.faulty) inject_faults();
    });
  }

  /// In half of the worlds only one relay is left, which may be a standby.
  void heal() {
    world_.trace([] { return std::string("no more faults"); });
    world_.faulty = false;
    const bool alone = world_.chance.in_thousand(500);
    for (std::uint64_t i = 1; i < processes_.size(); ++i) {
      if (alone) processes_[i]->kill();
    }
    Process& survivor = *processes_[0];
    if (survivor.stopping()) survivor.kill();
    if (!survivor.running()) survivor.start();
  }

  [[nodiscard]] bool drained() const {
    const std::optional<Place> place = stream_.place();
    return !committing_ && place && database_.complete(*place, database_.newest_in_scope());
  }

  void stop_all() {
    world_.trace([] { return std::string("everything is in the stream"); });
    stopping_ = true;
    for (const auto& process : processes_) process->stop();
  }

  [[nodiscard]] bool none_running() const {
    for (const auto& process : processes_) {
      if (process->running()) return false;
    }
    return true;
  }

  /// The simulation then ends, because only a person can fix a permanent loss.
  [[nodiscard]] bool one_gave_up() const {
    return std::ranges::any_of(processes_, [](const auto& each) { return each->gave_up(); });
  }

  [[nodiscard]] std::string unfinished_state() const {
    return "no end: the stream is at '" + stream_.now().position.token + "', the database at " +
           std::to_string(database_.head());
  }

  World world_;
  Database database_;
  Stream stream_;
  Hint hint_;
  std::vector<std::unique_ptr<Process>> processes_;
  bool committing_ = true;
  bool stopping_ = false;
  bool over_ = false;
};

}  // namespace

Outcome simulate(std::uint64_t seed, bool tracing, Broken broken) {
  return Simulation(seed, tracing, broken).run();
}

}  // namespace headwater::simulation

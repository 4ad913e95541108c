#include "testing/soak/track.h"

#include <algorithm>
#include <utility>

#include "testing/rig/server_program.h"
#include "testing/rig/waiting.h"

namespace headwater::soak {
namespace {

using std::chrono::seconds;

/// Between the end of a fault and the next one.
constexpr int shortest_rest_ms = 500;
constexpr int longest_rest_ms = 4'000;

}  // namespace

Track::Track(std::unique_ptr<Course> course, std::uint64_t seed)
    : random_(seed),
      course_(std::move(course)),
      log_(course_->pipeline().folder() / "soak.log"),
      seed_(seed) {
  const std::string failed = course_->pipeline().init();
  if (!failed.empty()) rig::give_up(failed);
  faults_ = course_->faults(random_);
  add_relay_faults();
  relays_.emplace(course_->pipeline());
  const SteadyTime now = clock_.steady();
  load_due_ = sample_due_ = watch_due_ = look_due_ = progress_at_ = now;
  fault_due_ = now + seconds(2);
}

void Track::add_relay_faults() {
  // Every second time the leader, if one of them leads.
  const auto choose = [this] {
    victim_ = random_() % Relays::guest;
    for (std::size_t number = 0; number < Relays::guest && random_() % 2 == 0; ++number) {
      if (relays_->leads(number)) victim_ = number;
    }
  };
  faults_.push_back({.name = "relay killed",
                     .weight = 6,
                     .longest = Milliseconds(2'000),
                     .begin =
                         [this] {
                           if (relays_->leads(Relays::mortal)) ++leaders_killed_;
                           relays_->kill(Relays::mortal);
                         },
                     .end = [this] { relays_->start(Relays::mortal); }});
  faults_.push_back({.name = "relay stopped (SIGSTOP)",
                     .weight = 6,
                     .shortest = Milliseconds(100),
                     .longest = Milliseconds(8'000),
                     .begin =
                         [this, choose] {
                           choose();
                           relays_->pause(victim_);
                         },
                     .end = [this] { relays_->resume(victim_); }});
  faults_.push_back({.name = "one more relay",
                     .weight = 3,
                     .shortest = Milliseconds(500),
                     .longest = Milliseconds(8'000),
                     .begin = [this] { relays_->start(Relays::guest); },
                     .end = [this] { relays_->stop(Relays::guest); }});
  faults_.push_back({.name = "clock of a relay stepped",
                     .weight = 3,
                     .shortest = Milliseconds(500),
                     .longest = Milliseconds(8'000),
                     .begin =
                         [this, choose] {
                           choose();
                           relays_->clock(victim_).set(any_step(random_));
                         },
                     .end = [this] { relays_->clock(victim_).set(seconds(0)); }});
}

SteadyTime Track::in(int least_ms, int most_ms) {
  return clock_.steady() + Milliseconds(any(random_, least_ms, most_ms));
}

void Track::note(const std::string& text) {
  const auto now = std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
  log_ << now.time_since_epoch().count() << ' ' << text << std::endl;
}

void Track::begin_fault() {
  int all = 0;
  for (const Fault& fault : faults_) all += fault.weight;
  int chosen = any(random_, 0, all - 1);
  active_ = faults_.data();
  while (chosen >= active_->weight) chosen -= (active_++)->weight;
  ++happened_[active_->name];
  note(active_->name);
  active_->begin();
  fault_due_ =
      in(static_cast<int>(active_->shortest.count()), static_cast<int>(active_->longest.count()));
}

void Track::end_fault() {
  active_->end();
  note("end: " + active_->name);
  active_ = nullptr;
  progress_at_ = clock_.steady();
  // One in four faults hits relays that have not recovered from the last one.
  awaits_progress_ = random_() % 4 != 0;
  fault_due_ = in(shortest_rest_ms, longest_rest_ms);
}

void Track::stop_writers() {
  if (writers_) rig::add(written_, writers_->finish());
  writers_.reset();
  if (!written_.error.empty() && trouble_.empty()) {
    trouble_ = "a writer has failed: " + written_.error;
  }
}

void Track::change_load() {
  stop_writers();
  if (random_() % 4 == 0) course_->burst(random_, written_.changes);
  const Load load = course_->load(random_);
  writers_.emplace(
      course_->pipeline().source(), load.writers,
      rig::WriterOptions{.seed = ++seed_,
                         .pause = load.pause,
                         .despite_errors = course_->pipeline().source().server() != nullptr});
  note(std::to_string(load.writers) + " writers, which pause for " +
       std::to_string(load.pause.count()) + " ms");
  load_due_ = in(5'000, 30'000);
}

void Track::watch() {
  const std::uint64_t progress = course_->pipeline().stream().progress();
  const SteadyTime now = clock_.steady();
  if (progress != progress_) {
    longest_silence_ = std::max(longest_silence_, now - progress_at_);
    progress_ = progress;
    progress_at_ = now;
    awaits_progress_ = false;
  } else if (now - progress_at_ > rig::patience &&
             course_->published() < course_->pipeline().committed()) {
    trouble_ = "nothing is published any more";
  }
  watch_due_ = now + Milliseconds(200);
}

void Track::tick() {
  const SteadyTime now = clock_.steady();
  if (now >= sample_due_) {
    relays_->sample();
    sample_due_ = now + seconds(1);
  }
  if (active_ != nullptr) {
    if (now >= fault_due_) end_fault();
    return;
  }
  if (now >= watch_due_) watch();
  if (now >= look_due_) {
    course_->look();
    look_due_ = now + seconds(15);
  }
  if (now >= load_due_) change_load();
  if (now >= fault_due_ && !awaits_progress_) begin_fault();
}

bool Track::can_lead(std::size_t number) {
  const auto for_others = [&](const auto& act) {
    for (std::size_t other = 0; other < Relays::guest; ++other) {
      if (other != number) act(other);
    }
  };
  // More than a server may still append of what the others have sent.
  constexpr std::uint64_t in_flight = 20;
  // Another one may be stopped while it holds the lock of a file; then it has to go on first.
  constexpr Milliseconds a_while(10'000);
  return rig::wait_until([&] {
    for_others([this](std::size_t other) { relays_->pause(other); });
    const auto before = course_->pipeline().stream().progress();
    const bool leads = rig::wait_until(
        [&] { return course_->pipeline().stream().progress() > before + in_flight; }, a_while);
    for_others([this](std::size_t other) { relays_->resume(other); });
    return leads;
  });
}

const std::string& Track::trouble() {
  if (trouble_.empty()) trouble_ = relays_->trouble();
  return trouble_;
}

Outcome Track::finish() {
  if (active_ != nullptr) end_fault();
  for (std::size_t number = 0; number < Relays::lasting && trouble().empty(); ++number) {
    if (!can_lead(number))
      trouble_ = "relay " + std::to_string(number + 1) + " cannot lead any more";
  }
  stop_writers();
  const std::uint64_t committed = course_->pipeline().committed();
  const bool all = rig::wait_until([&] { return course_->published() >= committed; });
  relays_->stop_all();
  Outcome outcome{.name = course_->name(),
                  .made_of = course_->made_of(),
                  .findings = course_->check(written_.changes),
                  .transactions = written_.transactions,
                  .faults = happened_,
                  .leaders_killed = leaders_killed_,
                  .longest_silence = std::chrono::duration_cast<Milliseconds>(longest_silence_),
                  .logged = relays_->logged(),
                  .samples = relays_->samples()};
  std::vector<std::string>& wrong = outcome.findings.wrong;
  if (!all) wrong.emplace_back("the relays did not publish everything");
  if (!trouble().empty()) wrong.push_back(trouble());
  const std::string verified = course_->pipeline().verify();
  if (!verified.empty()) wrong.push_back(verified);
  return outcome;
}

}  // namespace headwater::soak

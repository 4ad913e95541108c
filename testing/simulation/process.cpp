#include "testing/simulation/process.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace headwater::simulation {
namespace {

/// The longest time between two tasks of a lane, if the process does not pause.
constexpr Milliseconds soon{5};

}  // namespace

Process::Process(Environment environment, std::string name, RelayOptions options)
    : env_(environment), name_(std::move(name)), options_(std::move(options)) {
  env_.database.on_commit.emplace_back([this] {
    if (reading_) finish_read();
  });
}

void Process::start() {
  ++life_;
  options_.seed = env_.world.chance.next();
  RelayOptions options = options_;
  options.hint_interval = env_.hint.interval();
  if (env_.broken == Broken::untended) options.tend_interval = Milliseconds(0);
  core_ = std::make_unique<RelayCore>(options, database_identity, *this);
  feed_ = std::make_unique<Feed>(env_.world, env_.database, env_.broken);
  busy_ = finished_ = {};
  wakes_ = {};
  reading_.reset();
  finishing_read_ = stopping_ = standing_by_ = source_open_ = false;
  paused_until_ = {};
  restores_at_start_ = env_.stream.restores();
  head_at_start_ = env_.database.head();
  env_.world.trace([&] { return name_ + " starts"; });
  pump();
}

void Process::kill() {
  if (!core_) return;
  env_.world.trace([&] { return name_ + " is killed"; });
  ++life_;
  core_.reset();
  reading_.reset();
}

void Process::pause(Milliseconds span) {
  env_.world.trace([&] { return name_ + " pauses for " + std::to_string(span.count()) + "ms"; });
  // A shorter pause does not replace a longer one: later() waits for the end that it has seen.
  paused_until_ = std::max(paused_until_, env_.world.now() + span);
}

void Process::stop() {
  if (!core_ || stopping_) return;
  stopping_ = true;
  later(Milliseconds(0), [this] {
    env_.world.trace([&] { return name_ + " is asked to stop"; });
    core_->request_stop(env_.world.now());
    // Without faults no simulated call takes long, so the promised two seconds suffice.
    if (!env_.world.faulty) {
      later(Milliseconds(2'000), [this] { env_.world.fail(name_ + " did not stop"); });
    }
    pump();
  });
}

void Process::note(const RelayNote& note) {
  env_.world.trace([&] {
    constexpr std::array<const char*, 8> words{
        "leads",   "stands by",  "takes over", "claims", "finds the end lost",
        "retries", "sees a gap", "stops"};
    return name_ + " " + words.at(static_cast<std::size_t>(note.kind)) + " at event " +
           std::to_string(note.sequence) + (note.error ? " (" + note.error->name + ")" : "");
  });
  // Checked now: until the last lane has ended, another relay may make the reason go away.
  if (note.kind == RelayNote::Kind::stopped && note.error && !is_justified(*note.error)) {
    env_.world.fail(name_ + " gave up without a reason: " + note.error->name + ": " +
                    note.error->message);
  }
  if (note.kind == RelayNote::Kind::standing_by) standing_by_ = true;
  if (note.kind == RelayNote::Kind::claimed) {
    standing_by_ = false;
    ++claims_;
  }
  if (note.kind != RelayNote::Kind::taking_over) return;
  standing_by_ = false;
  ++takeovers_;
  const bool unmoved = tail_read_at_ - last_move_seen_ >= options_.takeover_after;
  if (!unmoved && env_.stream.restores() == restores_at_start_) {
    env_.world.fail(name_ + " took over although the tail had just moved");
  }
}

// The lanes.

void Process::later(Milliseconds delay, std::function<void()> what) {
  env_.world.after(delay, [this, life = life_, what = std::move(what)] {
    if (life != life_) return;
    const auto left = std::chrono::ceil<Milliseconds>(paused_until_ - env_.world.now());
    if (left.count() > 0) return later(left, what);
    what();
  });
}

Milliseconds Process::duration() {
  World& world = env_.world;
  if (world.fault(10)) return world.chance.span(200, 3'000);
  return world.chance.span(0, 15);
}

bool Process::dies(Step step) {
  if (!env_.world.fault(4)) return false;
  env_.world.trace([&] { return name_ + " dies at " + std::string(word_for(step)); });
  kill();
  env_.world.after(env_.world.chance.span(1, 3'000), [this] {
    if (!core_ && env_.world.faulty) start();
  });
  return true;
}

void Process::done(Lane lane, const std::function<void()>& report) {
  busy_.at(lane) = false;
  if (lane == source_lane) source_idle_since_ = env_.world.now();
  report();
  check_queues();
  pump();
}

// A task that ends the relay may let other lanes end, so this repeats until no lane has a task.
void Process::pump() {
  const std::uint64_t life = life_;
  bool more = true;
  while (more && core_ && life == life_) {
    more = start_source_task();
    more = start_shape_task() || more;
    more = life == life_ && (start_stream_task() || more);
    more = life == life_ && (start_hint_task() || more);
  }
  if (core_ && life == life_ && reading_ && core_->source_call_is_in_vain()) finish_read();
  if (core_ && life == life_ && busy_[stream_lane]) end_stream_call();
  const bool finished = std::ranges::all_of(finished_, [](bool lane) { return lane; });
  if (core_ && life == life_ && finished) ended();
}

bool Process::start_source_task() {
  if (busy_[source_lane] || finished_[source_lane]) return false;
  auto task = core_->next_for_source(env_.world.now());
  if (const auto* idle = std::get_if<task::Wait>(&task)) return wait(source_lane, *idle), false;
  if (std::holds_alternative<task::Finished>(task)) return finished_[source_lane] = true;
  busy_[source_lane] = true;
  check_tended();
  if (const auto* open = std::get_if<task::Open>(&task)) perform(*open);
  if (const auto* read = std::get_if<task::Read>(&task)) perform(*read);
  if (const auto* release = std::get_if<task::Release>(&task)) perform(*release);
  if (std::holds_alternative<task::Tend>(task)) tend();
  if (std::holds_alternative<task::Close>(task)) close();
  return true;
}

bool Process::start_shape_task() {
  if (busy_[shape_lane] || finished_[shape_lane]) return false;
  auto task = core_->next_for_shape();
  if (const auto* idle = std::get_if<task::Wait>(&task)) return wait(shape_lane, *idle), false;
  if (std::holds_alternative<task::Finished>(task)) return finished_[shape_lane] = true;
  busy_[shape_lane] = true;
  perform(std::get<task::Shape>(std::move(task)));
  return true;
}

bool Process::start_stream_task() {
  if (busy_[stream_lane] || finished_[stream_lane]) return false;
  auto task = core_->next_for_stream(env_.world.now());
  if (const auto* idle = std::get_if<task::Wait>(&task)) return wait(stream_lane, *idle), false;
  if (std::holds_alternative<task::Finished>(task)) return finished_[stream_lane] = true;
  busy_[stream_lane] = true;
  if (const auto* tail = std::get_if<task::ReadTail>(&task)) perform(*tail);
  if (auto* append = std::get_if<task::Append>(&task)) perform(std::move(*append));
  if (const auto* maintain = std::get_if<task::Maintain>(&task)) perform(*maintain);
  return true;
}

bool Process::start_hint_task() {
  if (busy_[hint_lane] || finished_[hint_lane]) return false;
  auto task = core_->next_for_hint(env_.world.now());
  if (const auto* idle = std::get_if<task::Wait>(&task)) return wait(hint_lane, *idle), false;
  if (std::holds_alternative<task::Finished>(task)) return finished_[hint_lane] = true;
  busy_[hint_lane] = true;
  if (const auto* ask = std::get_if<task::AskClaim>(&task)) perform(*ask);
  if (const auto* take = std::get_if<task::TakeClaim>(&task)) perform(*take);
  if (const auto* give_up = std::get_if<task::GiveUpClaim>(&task)) perform(*give_up);
  return true;
}

void Process::wait(Lane lane, const task::Wait& wait) {
  if (!wait.until || wakes_.at(lane) == wait.until) return;
  wakes_.at(lane) = wait.until;
  const auto left = std::chrono::ceil<Milliseconds>(*wait.until - env_.world.now());
  later(std::max(left, Milliseconds(0)), [this, lane, until = wait.until] {
    if (wakes_.at(lane) == until) wakes_.at(lane).reset();
    pump();
  });
}

// The checks.

void Process::check_tended() {
  // A relay that stops needs its source no longer.
  if (!source_open_ || stopping_ || paused_until_ > source_idle_since_) return;
  const auto idle = env_.world.now() - source_idle_since_;
  if (idle > options_.tend_interval + soon) env_.world.fail(name_ + " did not tend its source");
}

void Process::check_queues() {
  // One read, or one change that is larger than the queue, may exceed each bound.
  constexpr std::size_t overhead = 1'000;  // of a change, without its payload
  const std::size_t one_read = options_.read.bytes + env_.database.largest() + overhead;
  const std::size_t bound = options_.changes_bytes + options_.events_bytes + 2 * one_read;
  const std::size_t held = core_->progress().queue_bytes;
  if (held > bound) env_.world.fail(name_ + " holds " + std::to_string(held) + " bytes");
}

bool Process::is_justified(const Error& error) const {
  const std::optional<Place> place = env_.stream.place();
  if (error.name == "relay.conflict") return options_.on_conflict == OnConflict::exit;
  if (error.name == "stream.position_lost") return !place;
  if (error.name == "too_large") return !env_.stream.has(error.message);
  if (error.name != "source.history_lost") return false;
  return env_.database.forgot(place.value_or(Place{.row = env_.database.rows()}));
}

void Process::ended() {
  const std::optional<Error> error = core_->error();
  env_.world.trace([&] { return name_ + " has ended"; });
  gave_up_ = error && error->name != "relay.conflict";
  const bool same_stream = env_.stream.restores() == restores_at_start_;
  const bool done =
      env_.stream.place() && env_.database.complete(*env_.stream.place(), head_at_start_);
  if (!error && !stopping_ && same_stream && !done) {
    env_.world.fail(name_ + " reported its end too early");
  }
  const bool again = !stopping_ || env_.world.faulty;
  kill();
  if (!again) return;
  env_.world.after(env_.world.chance.span(50, 1'000), [this] {
    if (!core_ && env_.world.faulty) start();
  });
}

}  // namespace headwater::simulation

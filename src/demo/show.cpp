#include "src/demo/show.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

#include "src/demo/writer_line.h"

namespace headwater::demo {
namespace {

constexpr Milliseconds tick_every{100};
constexpr Milliseconds rate_over{500};
constexpr Milliseconds drain_within{30'000};
constexpr Milliseconds end_within{5'000};
constexpr std::size_t lines_kept = 5;
constexpr std::size_t history_kept = 60;

enum class Cue { kill_first, start_first, start_second, kill_leader, start_both };

struct Scene {
  double at;  ///< As a fraction of the writers' time.
  Cue cue;
  const char* act;  ///< The headline from now on.
};

constexpr const char* killing = "the relay is killed again and again";
constexpr std::array<Scene, 13> script{{
    {0.22, Cue::kill_first, killing},
    {0.25, Cue::start_first, killing},
    {0.30, Cue::kill_first, killing},
    {0.33, Cue::start_first, killing},
    {0.38, Cue::kill_first, killing},
    {0.41, Cue::start_first, killing},
    {0.46, Cue::kill_first, killing},
    {0.49, Cue::start_first, killing},
    {0.56, Cue::start_second, "a second relay of the same name runs as a standby"},
    {0.66, Cue::kill_leader, "the leader is killed; the other takes over"},
    {0.80, Cue::start_both, "both run again"},
    {0.86, Cue::kill_leader, "the leader is killed; the other takes over"},
    {0.95, Cue::start_both, "both run again"},
}};

void push(std::deque<std::string>& lines, std::string line, std::size_t kept) {
  lines.push_back(std::move(line));
  if (lines.size() > kept) lines.pop_front();
}

void push(History& history, std::uint64_t figure) {
  history.push_back(figure);
  if (history.size() > history_kept) history.pop_front();
}

Error stopped() {
  return {.name = "demo.stopped", .message = "the demo was stopped before its end", .next = ""};
}

std::uint64_t per_second(std::uint64_t count, Milliseconds span) {
  return span.count() <= 0 ? 0 : count * 1'000 / static_cast<std::uint64_t>(span.count());
}

}  // namespace

Show::Show(const DemoOptions& options, const Stage& stage, const Clock& clock, Screen::Print print,
           std::stop_token stop)
    : options_(options),
      stage_(stage),
      clock_(clock),
      stop_(std::move(stop)),
      began_(clock.steady()),
      screen_(std::move(print), options.terminal) {
  picture_.writing = options.writing;
  picture_.writers = options.writers;
}

Result<void> Show::play() {
  if (auto done = begin(); !done) return done;
  if (auto done = act(); !done) return done;
  if (auto done = end_writers(); !done) return done;
  if (auto done = drain(); !done) return done;
  end_relays();
  return tick();
}

int Show::kills() const { return first_.kills() + second_.kills(); }

Result<void> Show::begin() {
  auto made = run_to_end({options_.program, "init", "-c", stage_.config});
  if (!made) return failed(made);
  auto shop = ShopWatch::open(stage_.database);
  if (!shop) return failed(shop);
  shop_.emplace(std::move(*shop));
  began_ = clock_.steady();
  auto tail = Child::start(
      {.words = {options_.program, "tail", "-c", stage_.config, "--from", "earliest", "--follow"},
       .rest = stage_.errors});
  if (!tail) return failed(tail);
  tail_.emplace(std::move(*tail));
  for (int seed = 1; seed <= options_.writers; ++seed) {
    auto writer = Child::start(
        {.words = {options_.program, "demo-writer", stage_.database, std::to_string(seed)},
         .rest = stage_.errors});
    if (!writer) return failed(writer);
    writers_.push_back(std::move(*writer));
  }
  picture_.act = "writers place and change orders; the relay makes events of it";
  return start_relay(first_, "started");
}

Result<void> Show::act() {
  // A slow machine is late with the script, but still plays it to its end.
  while (elapsed() < options_.writing || cue_ < script.size()) {
    if (auto done = follow_script(); !done) return done;
    if (auto done = look(); !done) return done;
  }
  return {};
}

Result<void> Show::follow_script() {
  if (cue_ == script.size()) return {};
  const Scene& scene = script.at(cue_);
  const auto due = std::chrono::duration<double, std::milli>(options_.writing) * scene.at;
  if (elapsed() < due) return {};
  ++cue_;
  picture_.act = scene.act;
  switch (scene.cue) {
    case Cue::kill_first:
      kill_relay(first_);
      break;
    case Cue::kill_leader:
      kill_relay(second_.leading() ? second_ : first_);
      break;
    case Cue::start_second:
      return start_relay(second_, "started as a standby");
    case Cue::start_first:
    case Cue::start_both:
      for (RelayProcess* relay : {&first_, &second_}) {
        if (relay->state() != "killed") continue;
        if (auto done = start_relay(*relay, "started again"); !done) return done;
      }
  }
  return {};
}

Result<void> Show::start_relay(RelayProcess& relay, const std::string& why) {
  auto done = relay.start(options_.program, stage_);
  if (done)
    note("relay " + relay.name() + " " + why + " (pid " + std::to_string(relay.pid()) + ")");
  return done;
}

void Show::kill_relay(RelayProcess& relay) {
  if (!relay.running()) return;
  note("relay " + relay.name() + " killed with SIGKILL (pid " + std::to_string(relay.pid()) + ")");
  relay.kill();
}

Result<void> Show::end_writers() {
  picture_.act = "the writers stop; the relay finishes";
  for (Child& writer : writers_) writer.close_input();
  const auto writing = [](const Child& writer) { return !writer.exit_code(); };
  while (std::any_of(writers_.begin(), writers_.end(), writing)) {
    if (auto done = look(); !done) return done;
  }
  for (const Child& writer : writers_) {
    if (*writer.exit_code() == 0) continue;
    return fail(
        {.name = "demo.writer", .message = "a writer has failed", .next = "cat " + stage_.errors});
  }
  note("the writers have stopped");
  return {};
}

/// Waits until the reader has the last change, or will clearly never get it; then the audit reports
/// it.
Result<void> Show::drain() {
  const Milliseconds until = elapsed() + drain_within;
  while (elapsed() < until && (first_.running() || second_.running())) {
    auto latest = shop_->latest_change();
    if (!latest) return failed(latest);
    if (reader_.latest() >= *latest) return {};
    if (auto done = look(); !done) return done;
  }
  return {};
}

void Show::end_relays() {
  for (RelayProcess* relay : {&first_, &second_}) relay->ask_to_stop();
  const Milliseconds until = elapsed() + end_within;
  while (elapsed() < until && (first_.running() || second_.running())) {
    if (auto done = look(); !done) break;
  }
  tail_.reset();
  picture_.act = "now the audit";
}

Result<void> Show::look() {
  if (stop_.stop_requested()) return fail(stopped());
  std::vector<pollfd> waiting;
  const auto add = [&waiting](int descriptor) {
    if (descriptor >= 0) waiting.push_back({.fd = descriptor, .events = POLLIN, .revents = 0});
  };
  for (const Child& writer : writers_) add(writer.descriptor());
  add(first_.descriptor());
  add(second_.descriptor());
  add(tail_->descriptor());
  const Milliseconds left = std::max(next_tick_ - elapsed(), Milliseconds(0));
  ::poll(waiting.data(), waiting.size(), static_cast<int>(left.count()));
  take_lines();
  return elapsed() >= next_tick_ ? tick() : Result<void>{};
}

void Show::take_lines() {
  for (std::size_t i = 0; i < writers_.size(); ++i) {
    for (const std::string& text : writers_[i].lines()) {
      const auto line = parse_writer_line(text);
      if (!line) continue;
      committed_ += line->changes;
      if (line->changes == 0) ++picture_.rolled_back;
      push(picture_.commits, "writer " + std::to_string(i + 1) + "  " + line->text, lines_kept);
    }
  }
  for (RelayProcess* relay : {&first_, &second_}) {
    const bool failed = relay->has_failed();
    relay->look();
    if (failed || !relay->has_failed()) continue;
    note("relay " + relay->name() + " has ended by itself: " + relay->complaint());
  }
  for (const std::string& line : tail_->lines()) reader_.take(line, clock_.wall());
}

Result<void> Show::tick() {
  const Milliseconds now = elapsed();
  next_tick_ = now + tick_every;
  auto latest = shop_->latest_change();
  if (!latest) return failed(latest);
  auto orders = shop_->orders();
  if (!orders) return failed(orders);
  picture_.elapsed = now;
  picture_.orders = *orders;
  picture_.changes = committed_;
  picture_.events = reader_.changes() + reader_.rows_read();
  picture_.behind = *latest - std::min(*latest, reader_.latest());
  picture_.recent = reader_.recent();
  if (now - bucket_.at >= rate_over) {
    push(picture_.changes_rate, per_second(*latest - bucket_.changes, now - bucket_.at));
    push(picture_.events_rate, per_second(picture_.events - bucket_.events, now - bucket_.at));
    picture_.lag = reader_.take_lag();
    bucket_ = {.at = now, .changes = *latest, .events = picture_.events};
  }
  picture_.relays.clear();
  for (const RelayProcess* relay : {&first_, &second_}) {
    picture_.relays.push_back({.name = relay->name(),
                               .state = relay->state(),
                               .pid = relay->running() ? relay->pid() : -1,
                               .kills = relay->kills()});
  }
  screen_.show(picture_);
  return {};
}

void Show::note(const std::string& text) {
  push(picture_.notes, clock_text(elapsed()) + "  " + text, lines_kept);
  screen_.note(picture_.notes.back());
}

Result<std::string> Show::run_to_end(const std::vector<std::string>& words) {
  auto child = Child::start({.words = words, .rest = stage_.errors});
  if (!child) return failed(child);
  std::string text;
  while (!child->exit_code()) {
    if (stop_.stop_requested()) return fail(stopped());
    pollfd waiting{.fd = child->descriptor(), .events = POLLIN, .revents = 0};
    ::poll(&waiting, 1, static_cast<int>(tick_every.count()));
    for (const std::string& line : child->lines()) text += line + "\n";
  }
  return text;
}

Milliseconds Show::elapsed() const {
  return std::chrono::duration_cast<Milliseconds>(clock_.steady() - began_);
}

}  // namespace headwater::demo

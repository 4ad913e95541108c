#include "testing/simulation/process.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

namespace headwater::simulation {
namespace {

/// Not all changes are as large.
constexpr std::size_t large = 10'000;

Result<Event> shape_change(const Change& change, OnLarge on_large) {
  Event event;
  event.id = change.id;
  event.source = database_identity;
  event.position = change.position;
  if (change.after && footprint(change) > large && on_large != OnLarge::publish) {
    if (on_large == OnLarge::stop) {
      return fail({.remedy = Remedy::stop,
                   .origin = Origin::source,
                   .name = "too_large",
                   .message = change.id});
    }
    event.id.insert(0, "l");
    return event;
  }
  if (change.after) event.data = std::get<Blob>(std::get<TableRow>(*change.after).values[0]).bytes;
  return event;
}

}  // namespace

Process::Process(Surroundings around, std::string name, RelayOptions options)
    : around_(around), name_(std::move(name)), options_(std::move(options)) {
  around_.database.on_commit.emplace_back([this] {
    if (reading_) end_read();
  });
}

void Process::start() {
  ++life_;
  options_.seed = around_.world.chance.next();
  core_ = std::make_unique<RelayCore>(options_, database_identity, *this);
  feed_ = std::make_unique<Feed>(around_.world, around_.database, around_.broken);
  busy_ = finished_ = {};
  wakes_ = {};
  reading_.reset();
  read_ending_ = stopping_ = standing_by_ = false;
  paused_until_ = {};
  gone_back_at_start_ = around_.stream.times_gone_back();
  head_at_start_ = around_.database.head();
  around_.world.trace([&] { return name_ + " starts"; });
  pump();
}

void Process::kill() {
  if (!core_) return;
  around_.world.trace([&] { return name_ + " is killed"; });
  ++life_;
  core_.reset();
  reading_.reset();
}

void Process::pause(Milliseconds span) {
  around_.world.trace([&] { return name_ + " pauses for " + std::to_string(span.count()) + "ms"; });
  // What waits for a longer pause to end would not notice that a shorter one has replaced it.
  paused_until_ = std::max(paused_until_, around_.world.now() + span);
}

void Process::stop() {
  if (!core_ || stopping_) return;
  stopping_ = true;
  later(Milliseconds(0), [this] {
    around_.world.trace([&] { return name_ + " is asked to stop"; });
    core_->request_stop();
    // Well within the two seconds that are promised: no simulated call takes longer by then.
    if (!around_.world.faulty) {
      later(Milliseconds(2'000), [this] { around_.world.fail(name_ + " did not stop"); });
    }
    pump();
  });
}

void Process::note(const RelayNote& note) {
  around_.world.trace([&] {
    constexpr std::array<const char*, 7> words{
        "leads", "stands by", "takes over", "finds the end lost", "retries", "sees a gap", "stops"};
    return name_ + " " + words.at(static_cast<std::size_t>(note.kind)) + " at event " +
           std::to_string(note.sequence) + (note.error ? " (" + note.error->name + ")" : "");
  });
  if (note.kind == RelayNote::Kind::standing_by) standing_by_ = true;
  if (note.kind != RelayNote::Kind::taking_over) return;
  standing_by_ = false;
  ++takeovers_;
  const bool still = looked_at_ - moved_before_look_ >= options_.takeover_after;
  if (!still && around_.stream.times_gone_back() == gone_back_at_start_) {
    around_.world.fail(name_ + " took over although the tail had just moved");
  }
}

// Lanes.

void Process::later(Milliseconds delay, std::function<void()> what) {
  around_.world.after(delay, [this, life = life_, what = std::move(what)] {
    if (life != life_) return;
    const auto left = std::chrono::ceil<Milliseconds>(paused_until_ - around_.world.now());
    if (left.count() > 0) return later(left, what);
    what();
  });
}

Milliseconds Process::duration() {
  World& world = around_.world;
  if (world.mishap(10)) return world.chance.span(200, 3'000);
  return world.chance.span(0, 15);
}

bool Process::dies(Step step) {
  if (!around_.world.mishap(4)) return false;
  around_.world.trace([&] { return name_ + " dies at " + std::string(word_for(step)); });
  kill();
  around_.world.after(around_.world.chance.span(1, 3'000), [this] {
    if (!core_ && around_.world.faulty) start();
  });
  return true;
}

void Process::done(Lane lane, const std::function<void()>& report) {
  busy_.at(lane) = false;
  report();
  check_queues();
  pump();
}

/// Every lane that can begins its next task; a task that ends the relay may let others end.
void Process::pump() {
  const std::uint64_t life = life_;
  bool more = true;
  while (more && core_ && life == life_) {
    more = take_source();
    more = take_shape() || more;
    more = life == life_ && (take_stream() || more);
  }
  if (core_ && life == life_ && reading_ && core_->read_is_in_vain()) end_read();
  if (core_ && life == life_ && finished_[source_lane] && finished_[shape_lane] &&
      finished_[stream_lane])
    ended();
}

bool Process::take_source() {
  if (busy_[source_lane] || finished_[source_lane]) return false;
  auto task = core_->next_for_source(around_.world.now());
  if (const auto* idle = std::get_if<task::Wait>(&task)) return wait(source_lane, *idle), false;
  if (std::holds_alternative<task::Finished>(task)) return finished_[source_lane] = true;
  busy_[source_lane] = true;
  if (const auto* open = std::get_if<task::Open>(&task)) perform(*open);
  if (const auto* read = std::get_if<task::Read>(&task)) perform(*read);
  if (const auto* release = std::get_if<task::Release>(&task)) perform(*release);
  return true;
}

bool Process::take_shape() {
  if (busy_[shape_lane] || finished_[shape_lane]) return false;
  auto task = core_->next_for_shape();
  if (const auto* idle = std::get_if<task::Wait>(&task)) return wait(shape_lane, *idle), false;
  if (std::holds_alternative<task::Finished>(task)) return finished_[shape_lane] = true;
  busy_[shape_lane] = true;
  perform(std::get<task::Shape>(std::move(task)));
  return true;
}

bool Process::take_stream() {
  if (busy_[stream_lane] || finished_[stream_lane]) return false;
  auto task = core_->next_for_stream(around_.world.now());
  if (const auto* idle = std::get_if<task::Wait>(&task)) return wait(stream_lane, *idle), false;
  if (std::holds_alternative<task::Finished>(task)) return finished_[stream_lane] = true;
  busy_[stream_lane] = true;
  if (const auto* tail = std::get_if<task::ReadTail>(&task)) perform(*tail);
  if (auto* append = std::get_if<task::Append>(&task)) perform(std::move(*append));
  if (const auto* maintain = std::get_if<task::Maintain>(&task)) perform(*maintain);
  return true;
}

void Process::wait(Lane lane, const task::Wait& wait) {
  if (!wait.until || wakes_.at(lane) == wait.until) return;
  wakes_.at(lane) = wait.until;
  const auto left = std::chrono::ceil<Milliseconds>(*wait.until - around_.world.now());
  later(std::max(left, Milliseconds(0)), [this, lane, until = wait.until] {
    if (wakes_.at(lane) == until) wakes_.at(lane).reset();
    pump();
  });
}

// The source lane's tasks.

void Process::perform(const task::Open& open) {
  later(duration(), [this, after = open.after] {
    around_.world.trace([&] { return name_ + " opens the source at " + after.token; });
    auto result = feed_->open(after);
    done(source_lane, [&] { core_->opened(std::move(result), around_.world.now()); });
  });
}

void Process::perform(const task::Read& read) {
  later(duration(), [this, read] {
    reading_ = read.limits;
    ++reads_;
    if (feed_->ready() || core_->read_is_in_vain()) return end_read();
    later(read.wait, [this, number = reads_] {
      if (reading_ && number == reads_) end_read();
    });
  });
}

void Process::end_read() {
  if (std::exchange(read_ending_, true)) return;
  later(around_.world.chance.span(0, 3), [this] {
    read_ending_ = false;
    auto batch = feed_->read(*std::exchange(reading_, std::nullopt));
    if (batch && !batch->changes.empty() && dies(Step::read)) return;
    around_.world.trace([&] {
      return name_ + " reads " +
             (batch ? std::to_string(batch->changes.size()) + " up to " + batch->position.token
                    : batch.error().name);
    });
    done(source_lane, [&] { core_->read(std::move(batch), around_.world.now()); });
  });
}

void Process::perform(const task::Release& release) {
  later(duration(), [this, tail = release.durable.tail()] {
    tell_source(tail);
    if (dies(Step::released)) return;
    done(source_lane, [&] { core_->released({}, around_.world.now()); });
  });
}

void Process::tell_source(const Tail& tail) {
  if (tail.position.empty()) return;
  const Place place = Place::of(tail.position);
  around_.world.trace([&] { return name_ + " releases up to " + tail.position.token; });
  if (place.change > around_.stream.furthest_durable()) {
    around_.world.fail(name_ + " released " + tail.position.token + ", but durable is only " +
                       std::to_string(around_.stream.furthest_durable()));
  }
  around_.database.release(place);
}

// The shape lane's task.

void Process::perform(task::Shape task) {
  auto changes = std::make_shared<std::vector<Change>>(std::move(task.changes));
  later(duration(), [this, changes] {
    const auto shape = [on_large = around_.world.source.on_large](
                           const Change& change, std::vector<Event>& events) -> Result<void> {
      auto event = shape_change(change, on_large);
      if (!event) return failed(event);
      events.push_back(*std::move(event));
      return {};
    };
    Shaped shaped = shape_all(std::move(*changes), shape);
    if (around_.broken == Broken::late_position) {
      for (Event& event : shaped.events) event.position = shaped.position;
    }
    if (dies(Step::shaped)) return;
    done(shape_lane, [&] { core_->shaped(std::move(shaped)); });
  });
}

// The stream lane's tasks.

void Process::perform(const task::ReadTail& /*tail*/) {
  later(duration(), [this] {
    auto tail = std::make_shared<Result<Durable>>(around_.stream.tail());
    looked_at_ = around_.world.now();
    moved_before_look_ = around_.stream.last_moved();
    later(duration(), [this, tail] {
      done(stream_lane, [&] { core_->tail_read(std::move(*tail), around_.world.now()); });
    });
  });
}

void Process::perform(task::Append append) {
  World& world = around_.world;
  if (standing_by_) world.fail(name_ + " appends although it stands by");
  if (around_.broken == Broken::early_release) tell_source({0, append.position, ""});
  if (dies(Step::before_append)) return;
  auto request = std::make_shared<task::Append>(std::move(append));
  // A request that has left the process arrives, whatever becomes of the process.
  const bool has_left = world.chance.in_thousand(500);
  if (!has_left) return later(duration(), [this, request] { arrive(request, true); });
  world.after(duration(), [this, request, life = life_] { arrive(request, life == life_); });
}

void Process::arrive(const std::shared_ptr<task::Append>& append, bool sender_lives) {
  auto result = std::make_shared<Result<Durable>>(
      around_.stream.append(append->expected, append->events, append->position, database_identity));
  if (!sender_lives) return;
  if (*result && dies(Step::after_append)) return;
  if (!*result && result->error().remedy == Remedy::retry &&
      around_.broken == Broken::guessed_tail) {
    *result = Durable::confirmed_by_stream(
        {append->expected.sequence + append->events.size(), append->position, database_identity});
  }
  later(duration(), [this, result] {
    const bool durable = result->has_value();
    const std::uint64_t life = life_;
    done(stream_lane, [&] { core_->appended(std::move(*result), around_.world.now()); });
    if (durable && life == life_ && core_) dies(Step::acknowledged);
  });
}

void Process::perform(const task::Maintain& /*maintain*/) {
  later(duration(), [this] {
    const bool more = around_.world.chance.in_thousand(300);
    done(stream_lane, [&] { core_->maintained(more, around_.world.now()); });
  });
}

// What must hold.

void Process::check_queues() {
  // Each queue may be exceeded by one read, or by one change that is larger than all of it.
  constexpr std::size_t besides = 1'000;  // of a change, its payload apart
  const std::size_t one_read = options_.read.bytes + around_.database.largest() + besides;
  const std::size_t bound = options_.changes_bytes + options_.events_bytes + 2 * one_read;
  const std::size_t held = core_->progress().queue_bytes;
  if (held > bound) around_.world.fail(name_ + " holds " + std::to_string(held) + " bytes");
}

/// Only what is so may be said.
bool Process::is_right(const Error& error) const {
  const std::optional<Place> place = around_.stream.place();
  if (error.name == "relay.conflict") return options_.on_conflict == OnConflict::exit;
  if (error.name == "stream.position_lost") return !place;
  if (error.name == "too_large") return !around_.stream.knows(error.message);
  if (error.name != "source.history_lost") return false;
  return around_.database.forgot(place.value_or(Place{.row = around_.database.rows()}));
}

void Process::ended() {
  const std::optional<Error> error = core_->error();
  around_.world.trace([&] { return name_ + " has ended"; });
  if (error && !is_right(*error)) {
    around_.world.fail(name_ + " gave up: " + error->name + ": " + error->message);
  }
  gave_up_ = error && error->name != "relay.conflict";
  const bool same_stream = around_.stream.times_gone_back() == gone_back_at_start_;
  const bool done =
      around_.stream.place() && around_.database.complete(*around_.stream.place(), head_at_start_);
  if (!error && !stopping_ && same_stream && !done) {
    around_.world.fail(name_ + " said it was done before it was");
  }
  const bool again = !stopping_ || around_.world.faulty;
  kill();
  if (again)
    around_.world.after(around_.world.chance.span(50, 1'000), [this] {
      if (!core_ && around_.world.faulty) start();
    });
}

}  // namespace headwater::simulation

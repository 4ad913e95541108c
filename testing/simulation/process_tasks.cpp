// The tasks of the lanes: what each does in the simulated world, and how long it takes.
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "src/ports/stopped.h"
#include "testing/simulation/process.h"

namespace headwater::simulation {
namespace {

/// A change above this size is too large for some relays.
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

// The source lane's tasks.

void Process::perform(const task::Open& open) {
  later(duration(), [this, after = open.after] {
    env_.world.trace([&] { return name_ + " opens the source at " + after.token; });
    auto result = feed_->open(after);
    source_open_ = result.has_value();
    done(source_lane, [&] { core_->opened(std::move(result), env_.world.now()); });
  });
}

void Process::perform(const task::Read& read) {
  later(duration(), [this, read] {
    reading_ = read.limits;
    ++reads_;
    if (feed_->ready() || core_->source_call_is_in_vain()) return finish_read();
    later(read.wait, [this, number = reads_] {
      if (reading_ && number == reads_) finish_read();
    });
  });
}

void Process::finish_read() {
  if (std::exchange(finishing_read_, true)) return;
  later(env_.world.chance.span(0, 3), [this] {
    finishing_read_ = false;
    auto batch = feed_->read(*std::exchange(reading_, std::nullopt));
    source_open_ = batch.has_value();
    if (batch && !batch->changes.empty() && dies(Step::read)) return;
    env_.world.trace([&] {
      return name_ + " reads " +
             (batch ? std::to_string(batch->changes.size()) + " up to " + batch->position.token
                    : batch.error().name);
    });
    done(source_lane, [&] { core_->read(std::move(batch), env_.world.now()); });
  });
}

void Process::perform(const task::Release& release) {
  later(duration(), [this, tail = release.durable.tail()] {
    release_source(tail);
    if (dies(Step::released)) return;
    done(source_lane, [&] { core_->released({}, env_.world.now()); });
  });
}

void Process::tend() {
  later(duration(), [this] {
    env_.world.trace([&] { return name_ + " tends the source"; });
    done(source_lane, [&] { core_->tended({}, env_.world.now()); });
  });
}

void Process::close() {
  later(duration(), [this] {
    env_.world.trace([&] { return name_ + " closes the source"; });
    source_open_ = false;
    done(source_lane, [&] { core_->closed(); });
  });
}

void Process::release_source(const Tail& tail) {
  if (tail.position.empty()) return;
  const Place place = Place::of(tail.position);
  env_.world.trace([&] { return name_ + " releases up to " + tail.position.token; });
  if (place.change > env_.stream.furthest_durable()) {
    env_.world.fail(name_ + " released " + tail.position.token + ", but durable is only " +
                    std::to_string(env_.stream.furthest_durable()));
  }
  env_.database.release(place);
}

// The shape lane's task.

void Process::perform(task::Shape task) {
  auto changes = std::make_shared<std::vector<Change>>(std::move(task.changes));
  later(duration(), [this, changes] {
    const auto shape = [on_large = env_.world.source.on_large](
                           const Change& change, std::vector<Event>& events) -> Result<void> {
      auto event = shape_change(change, on_large);
      if (!event) return failed(event);
      events.push_back(*std::move(event));
      return {};
    };
    Shaped shaped = shape_all(std::move(*changes), shape);
    if (env_.broken == Broken::late_position) {
      for (Event& event : shaped.events) event.position = shaped.position;
    }
    if (dies(Step::shaped)) return;
    done(shape_lane, [&] { core_->shaped(std::move(shaped)); });
  });
}

// The stream lane's tasks.

void Process::perform(const task::ReadTail& /*tail*/) {
  stream_call_ = StreamCall::tail;
  later(duration(), [this] {
    auto tail = std::make_shared<Result<Durable>>(env_.stream.tail());
    tail_read_at_ = env_.world.now();
    last_move_seen_ = env_.stream.last_moved();
    later(duration(), [this, tail, call = stream_calls_ended_] {
      if (call != stream_calls_ended_) return;
      done(stream_lane, [&] { core_->tail_read(std::move(*tail), env_.world.now()); });
    });
  });
}

void Process::perform(task::Append append) {
  World& world = env_.world;
  stream_call_ = StreamCall::append;
  if (standing_by_) world.fail(name_ + " appends although it stands by");
  if (env_.broken == Broken::early_release) release_source({0, append.position, ""});
  if (dies(Step::before_append)) return;
  auto request = std::make_shared<task::Append>(std::move(append));
  // A request that is sent arrives, even if the process dies.
  const bool is_sent = world.chance.in_thousand(500);
  const auto call = stream_calls_ended_;
  if (!is_sent) return later(duration(), [this, request, call] { arrive(request, call); });
  world.after(duration(), [this, request, call, life = life_] {
    arrive(request, life == life_ ? std::optional(call) : std::nullopt);
  });
}

void Process::arrive(const std::shared_ptr<task::Append>& append,
                     std::optional<std::uint64_t> call) {
  auto result = std::make_shared<Result<Durable>>(
      env_.stream.append(append->expected, append->events, append->position, database_identity));
  if (call != stream_calls_ended_) return;
  if (*result && dies(Step::after_append)) return;
  if (!*result && result->error().remedy == Remedy::retry && env_.broken == Broken::guessed_tail) {
    *result = Durable::confirmed_by_stream(
        {append->expected.sequence + append->events.size(), append->position, database_identity});
  }
  later(duration(), [this, result, call] {
    if (call != stream_calls_ended_) return;
    const bool durable = result->has_value();
    const std::uint64_t life = life_;
    done(stream_lane, [&] { core_->appended(std::move(*result), env_.world.now()); });
    if (durable && life == life_ && core_) dies(Step::acknowledged);
  });
}

void Process::end_stream_call() {
  const bool in_vain = core_->stream_call_is_in_vain(env_.world.now());
  if (!in_vain || stream_call_ == StreamCall::other) return;
  ++stream_calls_ended_;
  const bool appending = std::exchange(stream_call_, StreamCall::other) == StreamCall::append;
  env_.world.trace([&] { return name_ + " gives up " + (appending ? "an append" : "a tail"); });
  later(Milliseconds(0), [this, appending] {
    done(stream_lane, [&] {
      Result<Durable> nothing = fail(stopped(Origin::stream));
      appending ? core_->appended(std::move(nothing), env_.world.now())
                : core_->tail_read(std::move(nothing), env_.world.now());
    });
  });
}

void Process::perform(const task::Maintain& /*maintain*/) {
  stream_call_ = StreamCall::other;
  later(duration(), [this] {
    const bool more = env_.world.chance.in_thousand(300);
    done(stream_lane, [&] { core_->maintained(more, env_.world.now()); });
  });
}

// The hint lane's tasks.

void Process::perform(const task::AskClaim& /*task*/) {
  later(duration(), [this] {
    auto answer = std::make_shared<Result<Claim>>(env_.hint.claim(claimant()));
    later(duration(), [this, answer] {
      done(hint_lane, [&] { core_->claimed(std::move(*answer), env_.world.now()); });
    });
  });
}

void Process::perform(const task::TakeClaim& /*task*/) {
  later(duration(), [this] {
    auto answer = env_.hint.take(claimant());
    done(hint_lane, [&] { core_->claimed(std::move(answer), env_.world.now()); });
  });
}

void Process::perform(const task::GiveUpClaim& /*task*/) {
  later(duration(), [this] {
    static_cast<void>(env_.hint.give_up(claimant()));
    done(hint_lane, [&] { core_->gave_up(); });
  });
}

}  // namespace headwater::simulation

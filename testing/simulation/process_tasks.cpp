// The tasks of the lanes: what each does in the simulated world, and how long it takes.
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

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
    done(source_lane, [&] { core_->opened(std::move(result), env_.world.now()); });
  });
}

void Process::perform(const task::Read& read) {
  later(duration(), [this, read] {
    reading_ = read.limits;
    ++reads_;
    if (feed_->ready() || core_->read_is_in_vain()) return finish_read();
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
  later(duration(), [this] {
    auto tail = std::make_shared<Result<Durable>>(env_.stream.tail());
    tail_read_at_ = env_.world.now();
    last_move_seen_ = env_.stream.last_moved();
    later(duration(), [this, tail] {
      done(stream_lane, [&] { core_->tail_read(std::move(*tail), env_.world.now()); });
    });
  });
}

void Process::perform(task::Append append) {
  World& world = env_.world;
  if (standing_by_) world.fail(name_ + " appends although it stands by");
  if (env_.broken == Broken::early_release) release_source({0, append.position, ""});
  if (dies(Step::before_append)) return;
  auto request = std::make_shared<task::Append>(std::move(append));
  // A request that is sent arrives, even if the process dies.
  const bool is_sent = world.chance.in_thousand(500);
  if (!is_sent) return later(duration(), [this, request] { arrive(request, true); });
  world.after(duration(), [this, request, life = life_] { arrive(request, life == life_); });
}

void Process::arrive(const std::shared_ptr<task::Append>& append, bool sender_lives) {
  auto result = std::make_shared<Result<Durable>>(
      env_.stream.append(append->expected, append->events, append->position, database_identity));
  if (!sender_lives) return;
  if (*result && dies(Step::after_append)) return;
  if (!*result && result->error().remedy == Remedy::retry && env_.broken == Broken::guessed_tail) {
    *result = Durable::confirmed_by_stream(
        {append->expected.sequence + append->events.size(), append->position, database_identity});
  }
  later(duration(), [this, result] {
    const bool durable = result->has_value();
    const std::uint64_t life = life_;
    done(stream_lane, [&] { core_->appended(std::move(*result), env_.world.now()); });
    if (durable && life == life_ && core_) dies(Step::acknowledged);
  });
}

void Process::perform(const task::Maintain& /*maintain*/) {
  later(duration(), [this] {
    const bool more = env_.world.chance.in_thousand(300);
    done(stream_lane, [&] { core_->maintained(more, env_.world.now()); });
  });
}

}  // namespace headwater::simulation

#include "src/consumer/consumer.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "src/consumer/replays.h"
#include "src/consumer/shared.h"
#include "src/consumer/worker.h"

namespace headwater::consumer {
namespace {

/// After this long without an event, a reader passes numbers that no event has.
constexpr Milliseconds idle_time{10'000};
constexpr ReadLimits one_read{.count = 1'000, .bytes = std::size_t{1} << 20U};

Error no_dead_letters() {
  return {.origin = Origin::usage,
          .name = "consumer.no_dead_letters",
          .message =
              "events that cannot be handled are to go to the dead letters, but there is no "
              "stream for them",
          .next = "add to the relay: dead_letters: { embedded: { path: dead-letters.db } }"};
}

/// Acknowledges what is done, as soon as it is, until a stop is requested.
void acknowledge_all(Consumer::Shared& shared, StreamReader& reader, const std::stop_token& stop) {
  std::uint64_t place = shared.tracker->done();
  while (!stop.stop_requested()) {
    const std::uint64_t done = shared.tracker->wait_beyond(place, stop);
    if (done == place) continue;
    const auto acknowledged = shared.patiently(
        [&]() -> Result<bool> {
          auto moved = reader.acknowledge(shared.options.name, done);
          if (!moved) return failed(moved);
          return true;
        },
        stop);
    if (!acknowledged) return;
    place = done;
    const std::lock_guard lock(shared.mutex);
    shared.progress.acknowledged = done;
  }
}

/// Reads, and distributes among the lanes.
class Reading {
 public:
  Reading(Consumer::Shared& shared, StreamReader& reader, bool to_end)
      : shared_(shared), reader_(reader), follower_(reader, shared.first), to_end_(to_end) {}

  /// Until a stop is requested or, with `to_end`, the end that it finds at first.
  void run(const std::stop_token& stop) {
    std::uint64_t end = UINT64_MAX;
    if (to_end_) {
      const auto range = shared_.patiently([&] { return reader_.range(); }, stop);
      if (!range) return;
      end = range->last;
    }
    while (!stop.stop_requested() && follower_.next() <= end) {
      const Milliseconds wait = to_end_ ? Milliseconds(0) : idle_time;
      auto events = shared_.patiently([&] { return read(wait, stop); }, stop);
      if (!events || stop.stop_requested()) return;
      if (events->empty()) pass_the_end(stop);
      for (StoredEvent& stored : *events) {
        if (stored.sequence > end || !hand_over(std::move(stored), stop)) return;
      }
    }
  }

 private:
  Result<std::vector<StoredEvent>> read(Milliseconds wait, const std::stop_token& stop) {
    auto events = follower_.read(one_read, wait, stop);
    if (events || events.error().name != "stream.aged_out" || !shared_.options.skip_aged_out) {
      return events;
    }
    shared_.take_note(
        {.kind = Note::Kind::aged_out, .error = events.error(), .sequence = follower_.next()});
    return std::vector<StoredEvent>();
  }

  // So that the place of an idle consumer does not look as if it had missed events.
  void pass_the_end(const std::stop_token& stop) {
    const auto passed = shared_.patiently(
        [&]() -> Result<bool> {
          auto result = follower_.pass_the_end(stop);
          if (!result) return failed(result);
          return true;
        },
        stop);
    if (passed && follower_.next() > 0) shared_.tracker->pass(follower_.next() - 1);
  }

  bool hand_over(StoredEvent stored, const std::stop_token& stop) {
    const Event& event = stored.event;
    shared_.tracker->begin(stored.sequence);
    if (!shared_.already_dead.empty() &&
        shared_.already_dead.contains(std::pair(event.source, event.id))) {
      shared_.tracker->finish(stored.sequence);
      return true;
    }
    if (!shared_.window.enter(footprint(event), stop)) return false;
    Lane& lane = shared_.lane_of(event);
    lane.put({.stored = std::move(stored)});
    return true;
  }

  Consumer::Shared& shared_;
  StreamReader& reader_;
  Follower follower_;
  bool to_end_;
};

}  // namespace

Consumer::Consumer(StreamAdapter& stream, StreamAdapter* dead_letters, Options options,
                   const Clock& clock, TakeNote note)
    : shared_(std::make_unique<Shared>(stream, dead_letters, std::move(options), clock,
                                       std::move(note))) {}

Consumer::~Consumer() = default;

Result<void> Consumer::open() {
  const Options& options = shared_->options;
  if (options.on_failure == OnFailure::dead_letter && !shared_->dead_letters) {
    return fail(no_dead_letters());
  }
  if (shared_->dead_letters) {
    if (auto opened = shared_->dead_letters->open(); !opened) return opened;
  }
  auto reader = shared_->stream.reader();
  if (!reader) return failed(reader);
  auto place = (*reader)->acknowledged(options.name);
  if (!place) return failed(place);
  // One that is registered has its place, even if that is before the first event.
  if (!*place) {
    auto first = first_sequence(**reader, options.first, {});
    if (!first) return failed(first);
    *place = *first > 0 ? *first - 1 : 0;
  }
  // From now on retention keeps what it needs.
  if (auto known = (*reader)->acknowledge(options.name, **place); !known) return known;
  shared_->first = **place == 0 ? 0 : **place + 1;
  shared_->tracker = std::make_unique<Tracker>(**place);
  shared_->progress.acknowledged = **place;
  return {};
}

Result<void> Consumer::run(const MakeHandler& make, const std::stop_token& stop, bool to_end) {
  Shared& shared = *shared_;
  auto reader = shared.stream.reader();
  if (!reader) return failed(reader);
  auto acknowledger = shared.stream.reader();
  if (!acknowledger) return failed(acknowledger);
  Replays replays(shared);
  if (shared.dead_letters) {
    if (auto ready = replays.catch_up(stop); !ready) return ready;
  }
  const std::stop_callback outer(stop, [&] { shared.ending.request_stop(); });
  const std::stop_token ending = shared.ending.get_token();
  std::vector<std::unique_ptr<Handler>> handlers;
  for (unsigned i = 0; i < shared.options.workers; ++i) handlers.push_back(make(i));
  std::jthread acknowledging([&] { acknowledge_all(shared, **acknowledger, ending); });
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < shared.options.workers; ++i) {
      // A handler ends in the thread that has used it.
      threads.emplace_back([&shared, handler = std::move(handlers[i]), i, ending] {
        Worker(shared, i, *handler).run(ending);
      });
    }
    if (shared.dead_letters) threads.emplace_back([&] { replays.follow(ending); });
    Reading(shared, **reader, to_end).run(ending);
    if (to_end) (void)shared.tracker->wait_until_all_done(ending);
    shared.ending.request_stop();
  }
  acknowledging.join();
  return acknowledge_rest(**acknowledger);
}

Result<void> Consumer::acknowledge_rest(StreamReader& reader) {
  const std::uint64_t done = shared_->tracker->done();
  Result<void> acknowledged;
  if (done > shared_->progress.acknowledged) {
    acknowledged = reader.acknowledge(shared_->options.name, done);
    if (acknowledged) shared_->progress.acknowledged = done;
  }
  if (shared_->failure) return fail(*std::exchange(shared_->failure, std::nullopt));
  return acknowledged;
}

Progress Consumer::progress() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->progress;
}

Result<Lag> Consumer::lag() {
  auto reader = shared_->stream.reader();
  if (!reader) return failed(reader);
  const std::uint64_t place = progress().acknowledged;
  return lag_of(**reader, place == 0 ? 0 : place + 1, shared_->clock.wall());
}

}  // namespace headwater::consumer

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
/// Events that are done and cannot be acknowledged yet, because an earlier one is not.
constexpr std::size_t most_open = 100'000;
constexpr int most_tries = 5;
constexpr ReadLimits one_read{.count = 1'000, .bytes = std::size_t{1} << 20U};

Error no_dead_letters() {
  return {.origin = Origin::usage,
          .name = "consumer.no_dead_letters",
          .message =
              "events that cannot be handled are to go to the dead letters, but there is no "
              "stream for them",
          .next = "add to the relay: dead_letters: { embedded: { path: dead-letters.db } }"};
}

struct EndAll {
  std::stop_source& ending;
  ~EndAll() { ending.request_stop(); }
};

/// Acknowledges what is done beyond `place`, as soon as it is, until a stop is requested.
void acknowledge_all(Consumer::Shared& shared, StreamReader& reader, std::uint64_t place,
                     const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const std::uint64_t done = shared.tracker->wait_beyond(place, stop);
    if (done == place) continue;
    const bool acknowledged =
        shared.patiently([&] { return reader.acknowledge(shared.options.name, done); }, stop);
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
    if (events || !may_go_on_after(events.error())) return events;
    return std::vector<StoredEvent>();
  }

  /// Whether the error only says that events have aged out, and the consumer may skip them.
  bool may_go_on_after(const Error& error) {
    if (error.name != "stream.aged_out" || !shared_.options.skip_aged_out) return false;
    shared_.take_note({.kind = Note::Kind::aged_out, .error = error, .sequence = follower_.next()});
    return true;
  }

  // So that the place of an idle consumer does not look as if it had missed events.
  void pass_the_end(const std::stop_token& stop) {
    const bool passed = shared_.patiently(
        [&]() -> Result<void> {
          auto result = follower_.pass_the_end(stop);
          if (!result && may_go_on_after(result.error())) return {};
          return result;
        },
        stop);
    if (passed && follower_.next() > 0) shared_.tracker->pass(follower_.next() - 1);
  }

  bool hand_over(StoredEvent stored, const std::stop_token& stop) {
    const Event& event = stored.event;
    if (!shared_.tracker->wait_for_room(most_open, stop)) return false;
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
    if (auto begun = begin_letters(); !begun) return begun;
    auto first = first_sequence(**reader, options.first, {});
    if (!first) return failed(first);
    *place = *first > 0 ? *first - 1 : 0;
  }
  // From now on retention keeps what it needs.
  if (auto known = (*reader)->acknowledge(options.name, **place); !known) return known;
  shared_->first = **place == 0 ? 0 : **place + 1;
  shared_->tracker = std::make_unique<Tracker>(**place);
  shared_->acknowledger = *std::move(reader);
  const std::lock_guard lock(shared_->mutex);
  shared_->progress.acknowledged = **place;
  return {};
}

// A consumer that starts again is given the events again that were letters before.
Result<void> Consumer::begin_letters() {
  if (!shared_->dead_letters) return {};
  auto reader = shared_->dead_letters->reader();
  if (!reader) return failed(reader);
  auto letters = read_letters(**reader, shared_->options.name, {});
  if (!letters) return failed(letters);
  if (!letters->any()) return {};
  const LetterRecord record{.kind = LetterRecord::Kind::begin, .consumer = shared_->options.name};
  return shared_->dead_letters->append({&record, 1}, {});
}

Result<void> Consumer::run(const MakeHandler& make, const std::stop_token& stop, bool to_end) {
  Shared& shared = *shared_;
  auto reader = shared.stream.reader();
  if (!reader) return failed(reader);
  Replays replays(shared);
  if (shared.dead_letters) {
    if (auto ready = replays.catch_up(stop); !ready) return ready;
  }
  const std::stop_callback outer(stop, [&] { shared.ending.request_stop(); });
  std::vector<std::unique_ptr<Handler>> handlers;
  for (unsigned i = 0; i < shared.options.workers; ++i) handlers.push_back(make(i));
  // Until all handlers have ended, which may take a while.
  std::jthread acknowledging([&, place = progress().acknowledged](const std::stop_token& end) {
    acknowledge_all(shared, *shared.acknowledger, place, end);
  });
  work(**reader, std::move(handlers), replays, to_end);
  acknowledging.request_stop();
  acknowledging.join();
  return acknowledge_rest(to_end);
}

void Consumer::work(StreamReader& reader, std::vector<std::unique_ptr<Handler>> handlers,
                    Replays& replays, bool to_end) {
  Shared& shared = *shared_;
  const std::stop_token ending = shared.ending.get_token();
  std::vector<std::jthread> threads;
  // Also if a thread cannot be started: the others would never end.
  const EndAll end{shared.ending};
  for (unsigned i = 0; i < shared.options.workers; ++i) {
    // A handler ends in the thread that has used it.
    threads.emplace_back([&shared, handler = std::move(handlers[i]), i, ending] {
      Worker(shared, i, *handler).run(ending);
    });
  }
  if (shared.dead_letters) {
    // What is asked for already belongs to what is handled before the end.
    if (to_end) (void)replays.hand_over_wanted(ending);
    threads.emplace_back([&] { replays.follow(ending); });
  }
  Reading(shared, reader, to_end).run(ending);
  if (!to_end) return;
  (void)shared.tracker->wait_until_all_done(ending);
  shared.wait_for_letters(ending);
}

// After a stop, what cannot be acknowledged comes again.
Result<void> Consumer::acknowledge_rest(bool to_end) {
  Shared& shared = *shared_;
  const std::uint64_t done = shared.tracker->done();
  if (shared.failure) {
    if (done > progress().acknowledged) {
      (void)shared.acknowledger->acknowledge(shared.options.name, done);
    }
    return fail(*std::exchange(shared.failure, std::nullopt));
  }
  if (done <= progress().acknowledged) return {};
  Milliseconds pause = shared.options.first_pause;
  for (int tries = 0;; ++tries) {
    auto acknowledged = shared.acknowledger->acknowledge(shared.options.name, done);
    if (acknowledged) break;
    const bool may_pass = acknowledged.error().remedy == Remedy::retry;
    if (!to_end && may_pass) return {};
    if (!may_pass || tries == most_tries) return acknowledged;
    (void)wait_for(pause, {});
    pause = std::min(pause * 2, shared.options.longest_pause);
  }
  const std::lock_guard lock(shared.mutex);
  shared.progress.acknowledged = done;
  return {};
}

Progress Consumer::progress() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->progress;
}

Result<Lag> Consumer::lag() {
  const std::lock_guard lock(shared_->meter_mutex);
  auto& meter = shared_->meter;
  if (!meter) {
    auto reader = shared_->stream.reader();
    if (!reader) return failed(reader);
    meter = *std::move(reader);
  }
  const std::uint64_t place = progress().acknowledged;
  auto lag = lag_of(*meter, place == 0 ? 0 : place + 1, shared_->clock.wall());
  if (!lag) meter.reset();
  return lag;
}

}  // namespace headwater::consumer

#include "src/relay/core.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace headwater {
namespace {

std::size_t footprint_of(const std::vector<Change>& changes) {
  std::size_t bytes = 0;
  for (const Change& change : changes) bytes += footprint(change);
  return bytes;
}

std::size_t footprint_of(const std::vector<Event>& events) {
  std::size_t bytes = 0;
  for (const Event& event : events) bytes += footprint(event);
  return bytes;
}

Error other_source(const RelayOptions& options, const std::string& found, const std::string& ours) {
  return Error{.remedy = Remedy::stop,
               .origin = Origin::stream,
               .name = "stream.other_source",
               .message = "The stream's relay '" + options.name + "' has its events from " + found +
                          ", but this database is " + ours + ".",
               .next =
                   "give this relay another name or another stream, or, if the database was made "
                   "anew on purpose: headwater position -c FILE reset --yes"};
}

Error conflict_ends_it(const RelayOptions& options, const Error& from) {
  return Error{.remedy = Remedy::stop,
               .origin = Origin::stream,
               .name = "relay.conflict",
               .message = "Another relay '" + options.name + "' is at work (" + from.message + ").",
               .next = "stop one of them, or set on_conflict: standby"};
}

}  // namespace

RelayCore::RelayCore(RelayOptions options, std::string source_identity)
    : options_(std::move(options)),
      identity_(std::move(source_identity)),
      random_(static_cast<std::minstd_rand::result_type>(options_.seed % 2'147'483'646U + 1U)) {}

// What is next, lane by lane.

SourceTask RelayCore::next_source(SteadyTime /*now*/) {
  switch (phase_) {
    case Phase::finished:
      return task::Finished{};
    case Phase::opening:
      return begin(source_, task::Open{tail_->tail().position});
    case Phase::peeking:
      if (!peek_opened_) return begin(source_, task::Open{tail_->tail().position});
      return begin(source_, task::Read{.limits = {.count = 1, .bytes = options_.read.bytes},
                                       .wait = Milliseconds(0)});
    case Phase::flowing:
      if (to_release_) {
        task::Release release{*to_release_};
        to_release_.reset();
        return begin(source_, std::move(release));
      }
      if (draining() || queued_bytes_ + appending_bytes_ >= options_.queue_bytes) break;
      return begin(source_, task::Read{.limits = options_.read, .wait = options_.read_wait});
    case Phase::finding:
    case Phase::watching:
    case Phase::backoff:
      break;
  }
  return task::Idle{};
}

ShapeTask RelayCore::next_shape(SteadyTime /*now*/) {
  if (phase_ == Phase::finished) return task::Finished{};
  if (raw_.empty() || stop_) return task::Idle{};
  shaping_ = std::move(raw_.front());
  raw_.pop_front();
  return begin(shape_, task::Shape{std::move(shaping_.changes)});
}

StreamTask RelayCore::next_stream(SteadyTime now) {
  switch (phase_) {
    case Phase::finished:
      return task::Finished{};
    case Phase::watching:
    case Phase::backoff:
      if (now < wake_at_) return task::Idle{wake_at_};
      phase_ = Phase::finding;
      [[fallthrough]];
    case Phase::finding:
      return begin(stream_, task::ReadTail{});
    case Phase::flowing:
      return next_in_flow(now);
    case Phase::opening:
    case Phase::peeking:
      break;
  }
  return task::Idle{};
}

StreamTask RelayCore::next_in_flow(SteadyTime now) {
  const bool only_position = std::all_of(shaped_.begin(), shaped_.end(),
                                         [](const Batch& batch) { return batch.events.empty(); });
  const SteadyTime position_due = last_append_ + options_.position_interval;
  if (!shaped_.empty()) {
    const bool due = only_position ? draining() || now >= position_due : !stop_;
    if (due) return begin(stream_, take_append());
  }
  if (stop_) return task::Idle{};
  if (now >= next_maintenance_) return begin(stream_, task::Maintain{});
  return task::Idle{shaped_.empty() ? next_maintenance_
                                    : std::min(next_maintenance_, position_due)};
}

task::Append RelayCore::take_append() {
  task::Append append{.expected = tail_->tail(), .events = {}, .position = {}};
  appending_bytes_ = 0;
  while (!shaped_.empty()) {
    Batch& batch = shaped_.front();
    const bool full = append.events.size() + batch.events.size() > options_.append.count ||
                      appending_bytes_ + batch.bytes > options_.append.bytes;
    if (full && !append.events.empty()) break;
    if (append.events.empty()) {
      append.events = std::move(batch.events);
    } else {
      std::move(batch.events.begin(), batch.events.end(), std::back_inserter(append.events));
    }
    append.position = std::move(batch.position);
    appending_bytes_ += batch.bytes;
    queued_bytes_ -= batch.bytes;
    shaped_.pop_front();
  }
  appending_events_ = append.events.size();
  return append;
}

// How it ended.

void RelayCore::opened(Result<void> result, SteadyTime now) {
  if (!end(source_)) return finish_if_done();
  if (!result) return fail_with(std::move(result.error()), now);
  read_position_ = tail_->tail().position;
  if (phase_ == Phase::peeking) {
    peek_opened_ = true;
    return finish_if_done();
  }
  phase_ = Phase::flowing;
  last_append_ = now;
  next_maintenance_ = std::max(next_maintenance_, now);
  if (!read_position_.empty()) to_release_ = tail_;
  if (!standby_)
    note(RelayState::leading, "goes on behind event " + std::to_string(tail_->tail().sequence));
  finish_if_done();
}

void RelayCore::read(Result<ChangeBatch> result, SteadyTime now) {
  if (!end(source_)) return finish_if_done();
  if (!result) return fail_with(std::move(result.error()), now);
  source_delay_ = Milliseconds(0);
  if (phase_ == Phase::peeking) return peeked(*result, now);
  enqueue(std::move(*result));
  finish_if_done();
}

void RelayCore::enqueue(ChangeBatch batch) {
  current_ = current_ || batch.current;
  progress_.backlog = batch.backlog;
  progress_.changes_read += batch.changes.size();
  for (const Change& change : batch.changes) {
    if (change.op == Op::gap && change.gap) {
      note(RelayState::leading, "gap: " + change.gap->reason + " (from " + change.gap->from +
                                    " to " + change.gap->to + ")");
    }
  }
  if (batch.changes.empty() && batch.position == read_position_) return;
  read_position_ = batch.position;
  // Skipped changes need no batch of their own.
  if (batch.changes.empty() && !raw_.empty()) {
    raw_.back().position = std::move(batch.position);
    return;
  }
  const std::size_t bytes = footprint_of(batch.changes);
  raw_.push_back({.changes = std::move(batch.changes),
                  .events = {},
                  .position = std::move(batch.position),
                  .bytes = bytes});
  queued_bytes_ += bytes;
}

void RelayCore::released(Result<void> result, SteadyTime now) {
  if (!end(source_)) return finish_if_done();
  if (!result) return fail_with(std::move(result.error()), now);
  finish_if_done();
}

void RelayCore::shaped(Result<std::vector<Event>> result, SteadyTime now) {
  if (!end(shape_)) return finish_if_done();
  if (!result) return fail_with(std::move(result.error()), now);
  queued_bytes_ -= shaping_.bytes;
  shaping_.events = std::move(*result);
  shaping_.bytes = footprint_of(shaping_.events);
  queued_bytes_ += shaping_.bytes;
  if (shaping_.events.empty() && !shaped_.empty()) {
    shaped_.back().position = std::move(shaping_.position);
  } else {
    shaped_.push_back(std::move(shaping_));
  }
  shaping_ = {};
  finish_if_done();
}

void RelayCore::tail_read(Result<Durable> result, SteadyTime now) {
  if (!end(stream_)) return finish_if_done();
  if (!result) return fail_with(std::move(result.error()), now);
  const Tail& tail = result->tail();
  if (!tail.source.empty() && tail.source != identity_) {
    return stop_with(other_source(options_, tail.source, identity_));
  }
  progress_.tail_sequence = tail.sequence;
  progress_.position = tail.position;
  tail_ = std::move(*result);
  if (standby_) {
    look_at(tail_->tail(), now);
  } else {
    phase_ = Phase::opening;
  }
  finish_if_done();
}

void RelayCore::appended(Result<Durable> result, SteadyTime now) {
  const std::uint64_t events = appending_events_;
  appending_bytes_ = 0;
  if (!end(stream_)) return finish_if_done();
  if (!result) return fail_with(std::move(result.error()), now);
  stream_delay_ = Milliseconds(0);
  last_append_ = now;
  tail_ = std::move(*result);
  to_release_ = tail_;
  progress_.appends += 1;
  progress_.events_appended += events;
  progress_.tail_sequence = tail_->tail().sequence;
  progress_.position = tail_->tail().position;
  if (standby_) {
    standby_ = false;
    note(RelayState::leading, "has taken over behind event " + std::to_string(watched_->sequence));
  } else {
    progress_.state = RelayState::leading;
  }
  finish_if_done();
}

void RelayCore::maintained(Result<bool> result, SteadyTime now) {
  if (!end(stream_)) return finish_if_done();
  if (!result) return fail_with(std::move(result.error()), now);
  // Under load, housekeeping gets a piece in between; idle, it goes on at once.
  const Milliseconds pause = shaped_.empty() ? Milliseconds(0) : Milliseconds(50);
  next_maintenance_ = now + (*result ? pause : options_.maintain_interval);
  finish_if_done();
}

// Standing by.

void RelayCore::conflict(Error error) {
  progress_.conflicts += 1;
  if (options_.on_conflict == OnConflict::exit) return stop_with(conflict_ends_it(options_, error));
  begin_epoch(Phase::finding);
  watched_.reset();
  waiting_since_.reset();
  standby_ = true;
  note(RelayState::standing_by, "another relay of this name is at work; standing by");
  finish_if_done();
}

void RelayCore::look_at(const Tail& tail, SteadyTime now) {
  if (watched_ && *watched_ == tail) {
    peek_opened_ = false;
    phase_ = Phase::peeking;
    return;
  }
  watched_ = tail;
  waiting_since_.reset();
  watch_on(now);
}

void RelayCore::peeked(const ChangeBatch& batch, SteadyTime now) {
  const bool waiting = !batch.changes.empty() || batch.position != tail_->tail().position;
  if (!waiting) {
    waiting_since_.reset();
    // The other relay has put everything there.
    if (options_.until_current && batch.current) {
      phase_ = Phase::finished;
      return;
    }
  } else if (!waiting_since_) {
    waiting_since_ = now;
  } else if (now - *waiting_since_ >= options_.takeover_after) {
    note(RelayState::standing_by, "the tail stands still behind waiting changes; taking over");
    waiting_since_.reset();
    begin_epoch(Phase::opening);
    return finish_if_done();
  }
  watch_on(now);
  finish_if_done();
}

void RelayCore::watch_on(SteadyTime now) {
  phase_ = Phase::watching;
  wake_at_ = now + jittered(std::max(Milliseconds(1), options_.takeover_after / 5));
}

// Beginning again, and ending.

template <class Task>
Task RelayCore::begin(Lane& lane, Task task) {
  lane = {.busy = true, .epoch = epoch_};
  return task;
}

bool RelayCore::end(Lane& lane) {
  lane.busy = false;
  return lane.epoch == epoch_ && phase_ != Phase::finished;
}

void RelayCore::begin_epoch(Phase phase) {
  ++epoch_;
  phase_ = phase;
  raw_.clear();
  shaped_.clear();
  queued_bytes_ = 0;
  to_release_.reset();
  current_ = false;
}

void RelayCore::fail_with(Error error, SteadyTime now) {
  if (error.remedy == Remedy::stop) return stop_with(std::move(error));
  if (error.remedy == Remedy::stand_by) return conflict(std::move(error));
  Milliseconds& delay = error.origin == Origin::source ? source_delay_ : stream_delay_;
  delay = std::clamp(delay * 2, options_.retry_first, options_.retry_most);
  const Milliseconds wait = jittered(delay);
  progress_.retries += 1;
  begin_epoch(Phase::backoff);
  wake_at_ = now + wait;
  note(RelayState::retrying, error.message, error, wait);
  finish_if_done();
}

void RelayCore::stop_with(Error error) {
  begin_epoch(Phase::finished);
  note(RelayState::stopped, error.message, error);
  failure_ = std::move(error);
}

void RelayCore::request_stop() {
  stop_ = true;
  finish_if_done();
}

void RelayCore::finish_if_done() {
  if (phase_ == Phase::finished || !draining()) return;
  if (source_.busy || shape_.busy || stream_.busy) return;
  if (phase_ == Phase::flowing) {
    if (to_release_) return;
    // A stop leaves events that are not in the stream yet to the next run; a mere position is
    // saved.
    const bool events_wait =
        !raw_.empty() || std::any_of(shaped_.begin(), shaped_.end(),
                                     [](const Batch& batch) { return !batch.events.empty(); });
    if (!stop_ && events_wait) return;
    if (!events_wait && !shaped_.empty()) return;
  } else if (!stop_) {
    return;
  }
  begin_epoch(Phase::finished);
  note(RelayState::stopped, "stopped behind event " + std::to_string(progress_.tail_sequence));
}

bool RelayCore::read_is_stale() const {
  return source_.busy && (source_.epoch != epoch_ || stop_ || phase_ == Phase::finished);
}

// For people.

RelayProgress RelayCore::progress() const {
  RelayProgress progress = progress_;
  progress.queue_bytes = queued_bytes_ + appending_bytes_;
  return progress;
}

std::vector<RelayNote> RelayCore::take_notes() { return std::exchange(notes_, {}); }

void RelayCore::note(RelayState state, std::string message, std::optional<Error> error,
                     Milliseconds delay) {
  progress_.state = state;
  notes_.push_back(
      {.state = state, .message = std::move(message), .error = std::move(error), .delay = delay});
}

Milliseconds RelayCore::jittered(Milliseconds span) {
  std::uniform_int_distribution<Milliseconds::rep> spread(span.count() - span.count() / 4,
                                                          span.count() + span.count() / 4);
  return Milliseconds(spread(random_));
}

}  // namespace headwater

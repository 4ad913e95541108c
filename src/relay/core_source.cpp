// The relay's source and shape lanes.
#include <algorithm>
#include <utility>

#include "src/base/invariant.h"
#include "src/ports/loss.h"
#include "src/relay/core.h"

namespace headwater {

bool RelayCore::wants_to_read() const {
  if (stopping_ || fault_) return false;
  if (phase_ == Phase::standby) return peek_ == Peek::wanted;
  return phase_ == Phase::leading && !(options_.until_current && current_seen_);
}

task::ForSource RelayCore::start(SourceTask kind, task::ForSource task) {
  invariant(source_task_ == SourceTask::none, "the source lane has one task at a time");
  source_task_ = kind;
  source_epoch_ = epoch_;
  return task;
}

task::ForSource RelayCore::next_for_source(SteadyTime now) {
  if (release_due_ && open_ && phase_ != Phase::standby) {
    release_due_ = false;
    return start(SourceTask::releasing, task::Release{*durable_});
  }
  if (phase_ == Phase::ended) return task::Finished{};
  if (counts_waiting()) {
    if (now < count_at_) return task::Wait{count_at_};
    count_at_ = now + options_.position_interval;
    return start(SourceTask::reading, task::Read{{1, options_.read.bytes}, Milliseconds(0)});
  }
  if (held_ && phase_ == Phase::standby && peek_ != Peek::wanted) {
    return start(SourceTask::closing, task::Close{});
  }
  if (!wants_to_read()) return rest(now);
  if (source_pause_ && now < *source_pause_) return task::Wait{source_pause_};
  if (!open_ && doubts_source_) return task::Wait{};
  if (!open_) return start(SourceTask::opening, task::Open{resume_});
  if (phase_ == Phase::standby) {
    const Milliseconds wait = options_.until_current ? Milliseconds(0) : options_.idle_read;
    return start(SourceTask::reading, task::Read{{1, options_.read.bytes}, wait});
  }
  // Wait for space for one whole read: many small reads would cost more than the wait.
  const bool room = changes_held() + options_.read.bytes <= options_.changes_bytes;
  if (!room && changes_held() > 0) return rest(now);
  return start(SourceTask::reading, next_read());
}

/// Nothing is to be read, for who knows how long.
task::ForSource RelayCore::rest(SteadyTime now) {
  if (stopping_) {
    // The lane wakes to end an append that takes too long.
    return now < give_up_at_ ? task::Wait{give_up_at_} : task::Wait{};
  }
  if (!held_ || options_.tend_interval == Milliseconds(0)) return task::Wait{};
  if (now < tend_at_) return task::Wait{tend_at_};
  return start(SourceTask::tending, task::Tend{});
}

/// While something is in transit, the read must end soon, because a release will follow.
task::Read RelayCore::next_read() const {
  // With until_current there is no need to wait for new changes.
  if (options_.until_current) return {options_.read, Milliseconds(0)};
  // After a failure, only a successful read shows that it is over, and what was in doubt shows
  // only in the first one whether there is anything to publish.
  const bool idle = nothing_held() && !source_backoff_.retrying() && !progress_.waiting_since &&
                    progress_.backlog.value_or(0) == 0;
  return {options_.read, idle ? options_.idle_read : options_.position_interval};
}

bool RelayCore::source_call_is_in_vain() const {
  if (source_task_ != SourceTask::reading && source_task_ != SourceTask::opening) return false;
  return source_epoch_ != epoch_ || stopping_ || fault_ || phase_ == Phase::ended;
}

void RelayCore::opened(Result<void> result, SteadyTime now) {
  invariant(source_task_ == SourceTask::opening, "only what was to be opened is opened");
  const bool in_vain = source_call_is_in_vain();
  held_ = true;
  source_answered(result.has_value(), now);
  if (source_epoch_ != epoch_) return;
  if (!result && in_vain) return;
  if (!result) return source_failed(std::move(result.error()), now);
  open_ = true;
  // Opening the source made it forget the last release.
  release_due_ = durable_.has_value();
}

void RelayCore::read(Result<ChangeBatch> result, SteadyTime now) {
  invariant(source_task_ == SourceTask::reading, "only what was to be read is read");
  const bool in_vain = source_call_is_in_vain();
  source_answered(result.has_value(), now);
  if (in_vain || dropped_) {
    // The source's position is unknown after a failed read.
    if (!result) dropped_.reset();
    if (result && dropped_) count_waiting(*result);
    return;
  }
  if (!result) return source_failed(std::move(result.error()), now);
  if (source_backoff_.retrying()) progress_.waiting_since.reset();
  source_backoff_.succeeded();
  if (result->backlog) progress_.backlog = result->backlog;
  if (phase_ == Phase::standby) return peeked(*result, now);
  progress_.snapshot = std::move(result->snapshot);
  accept(std::move(*result));
  note_waiting(now);
}

void RelayCore::released(Result<void> result, SteadyTime now) {
  invariant(source_task_ == SourceTask::releasing, "only what was to be released is released");
  source_answered(result.has_value(), now);
  // The next append brings the next release, so nothing is lost with this one.
  if (!result && source_epoch_ == epoch_) source_failed(std::move(result.error()), now);
}

void RelayCore::tended(Result<void> result, SteadyTime now) {
  invariant(source_task_ == SourceTask::tending, "only what was to be tended is tended");
  source_answered(result.has_value(), now);
  if (!result && source_epoch_ == epoch_) source_failed(std::move(result.error()), now);
}

void RelayCore::closed() {
  invariant(source_task_ == SourceTask::closing, "only what was to be closed is closed");
  source_task_ = SourceTask::none;
  held_ = false;
}

void RelayCore::source_answered(bool well, SteadyTime now) {
  source_task_ = SourceTask::none;
  held_ = held_ && well;
  tend_at_ = now + options_.tend_interval;
}

void RelayCore::source_failed(Error error, SteadyTime now) {
  if (phase_ == Phase::ended) return;
  switch (error.remedy) {
    case Remedy::retry:
      // What was read before stays valid; the source is opened again at its end.
      open_ = false;
      doubts_source_ = phase_ == Phase::leading && is_loss(error);
      doubt_asked_ = false;
      source_pause_ = now + note_retry(std::move(error), source_backoff_, now);
      return;
    case Remedy::stand_by:
      if (phase_ == Phase::leading) return conflicted();
      // The relay that uses the source is alive. The next read of the tail asks again.
      peek_ = Peek::none;
      open_ = false;
      return;
    case Remedy::stop:
      fault_ = std::move(error);
      look_at_ = now;
      return;
  }
}

void RelayCore::accept(ChangeBatch batch) {
  const bool moved = batch.position != resume_;
  const bool reached = batch.current && options_.until_current;
  current_seen_ = current_seen_ || batch.current;
  resume_ = batch.position;
  if (batch.current || !batch.changes.empty()) oldest_dropped_.reset();
  if (batch.changes.empty()) {
    if (moved || reached) skip_to(std::move(batch.position), batch.current);
    return;
  }
  const std::size_t bytes = batch.bytes;
  const std::size_t count = batch.changes.size();
  for (const Change& change : batch.changes) {
    invariant(!change.id.empty(), "a change has an id");
    invariant(!change.position.empty(), "a change has a position");
    if (change.gap) note_gap(*change.gap);
  }
  progress_.changes_read += count;
  changes_bytes_ += bytes;
  // A row of a snapshot is as old as the request for it.
  std::optional<WallTime> oldest;
  const auto first = std::ranges::find_if(
      batch.changes, [](const Change& change) { return change.op != Op::read; });
  if (first != batch.changes.end()) oldest = first->time;
  changes_.push_back(
      {std::move(batch.changes), count, bytes, std::move(batch.position), batch.current, oldest});
}

bool RelayCore::counts_waiting() const { return phase_ == Phase::asking && dropped_ && !stopping_; }

/// Includes what an earlier epoch left in progress at the source.
void RelayCore::count_waiting(const ChangeBatch& batch) {
  *dropped_ += batch.changes.size();
  if (batch.backlog) progress_.backlog = *dropped_ + *batch.backlog;
}

/// The feed moved without a change: the last piece in transit now ends there.
void RelayCore::skip_to(Position position, bool current) {
  const auto extend = [&](auto& last) {
    last.position = std::move(position);
    last.current = last.current || current;
  };
  if (!changes_.empty()) return extend(changes_.back());
  if (shaping_ && shaping_epoch_ == epoch_) return extend(*shaping_);
  if (!events_.empty()) return extend(events_.back());
  events_.push_back({{}, 0, std::move(position), current, std::nullopt});
}

/// A standby keeps no changes. It only remembers that there was something after the tail, and from
/// now on gives the leader time to publish it.
void RelayCore::peeked(const ChangeBatch& batch, SteadyTime now) {
  const bool more = batch.backlog.value_or(0) > 0;
  if (batch.changes.empty() && batch.position == resume_ && !more) {
    if (options_.until_current && batch.current) end(std::nullopt);
    return;
  }
  Milliseconds patience = jitter_.of(options_.takeover_after, 100, 120);
  // A leader does not save every position at once.
  if (batch.changes.empty()) patience += options_.position_interval;
  peek_ = Peek::found;
  open_ = false;
  take_over_at_ = now + patience;
}

task::ForShape RelayCore::next_for_shape() {
  if (phase_ == Phase::ended) return task::Finished{};
  if (changes_.empty() || events_held() >= options_.events_bytes) return task::Wait{};
  invariant(!shaping_, "the shape lane has one task at a time");
  shaping_ = std::move(changes_.front());
  shaping_epoch_ = epoch_;
  changes_.pop_front();
  invariant(changes_bytes_ >= shaping_->bytes, "the bytes of the waiting changes add up");
  changes_bytes_ -= shaping_->bytes;
  return task::Shape{std::move(shaping_->changes)};
}

void RelayCore::shaped(Shaped result) {
  invariant(shaping_.has_value(), "only what was to be shaped is shaped");
  Changes done = std::move(*shaping_);
  shaping_.reset();
  if (shaping_epoch_ != epoch_) return;
  for (Gap& gap : result.gaps) note_gap(std::move(gap));
  if (result.error) {
    // What follows the failed change must not get into the stream before it.
    changes_.clear();
    changes_bytes_ = 0;
    fault_ = std::move(result.error);
    done.position = std::move(result.position);
    done.current = false;
    if (result.events.empty()) return;
  }
  // This replaces a position that was only waiting to be saved.
  if (!events_.empty() && events_.back().events.empty()) events_.pop_back();
  events_count_ += result.events.size();
  events_bytes_ += result.bytes;
  events_.push_back({std::move(result.events), result.bytes, std::move(done.position), done.current,
                     done.oldest});
}

}  // namespace headwater

// The phase changes of a relay, and what it reports about itself.
#include "src/relay/core.h"

#include <algorithm>
#include <utility>

namespace headwater {
namespace {

Error conflict(const std::string& relay) {
  return {.remedy = Remedy::stop,
          .origin = Origin::stream,
          .name = "relay.conflict",
          .message = "another relay named '" + relay + "' appends to the same stream",
          .next = "stop the other relay, or set on_conflict: standby"};
}

}  // namespace

std::optional<Step> step_for(std::string_view word) {
  const auto* const found = std::find(step_words.begin(), step_words.end(), word);
  if (found == step_words.end()) return std::nullopt;
  return static_cast<Step>(found - step_words.begin());
}

RelayCore::RelayCore(const RelayOptions& options, std::string source_identity,
                     RelayObserver& observer)
    : options_(options),
      identity_(std::move(source_identity)),
      observer_(&observer),
      jitter_(options.seed),
      source_backoff_(options.retry_first, options.retry_longest),
      stream_backoff_(options.retry_first, options.retry_longest),
      claimant_(options.hint_interval, options.hint_patience) {}

void RelayCore::request_stop(SteadyTime now) {
  if (std::exchange(stopping_, true)) return;
  give_up_at_ = now + options_.stop_patience;
}

/// All work in progress in the source and shape lanes now belongs to an earlier epoch.
void RelayCore::forget_what_was_read() {
  ++epoch_;
  open_ = false;
  current_seen_ = false;
  peek_ = Peek::none;
  changes_.clear();
  changes_bytes_ = 0;
  events_.clear();
  events_count_ = 0;
  events_bytes_ = 0;
  gather_until_ = {};
  durable_.reset();
  release_due_ = false;
  doubts_source_ = false;
  dropped_.reset();
  fault_.reset();
  progress_.snapshot.reset();
}

/// At the start, and after a doubt. If the hint says that another relay leads, trying to would only
/// bring a conflict. It is no reason to end: only a conflict is.
void RelayCore::start(const Durable& durable, const Tail& before, SteadyTime now) {
  const bool may_wait = options_.on_conflict == OnConflict::standby;
  if (may_wait && claimant_.says() == Claim::others) return stand_by(now);
  lead_behind(durable, before, now);
}

void RelayCore::lead(const Durable& durable, SteadyTime now) {
  forget_what_was_read();
  phase_ = Phase::leading;
  progress_.state = RelayState::leading;
  resume_ = durable.tail().position;
  // A relay that died just before the release left this release to be done.
  durable_ = durable;
  release_due_ = true;
  last_saved_ = now;
  check_at_ = now + options_.tail_interval;
  observer_->note({.kind = RelayNote::Kind::leading, .sequence = tail_.sequence});
}

void RelayCore::stand_by(SteadyTime now) {
  forget_what_was_read();
  oldest_dropped_.reset();
  progress_.waiting_since.reset();
  phase_ = Phase::standby;
  progress_.state = RelayState::standing_by;
  look_at_ = now + jitter_.of(options_.takeover_after, 15, 25);
  claimant_.stood_back(now);
  observer_->note({.kind = RelayNote::Kind::standing_by, .sequence = tail_.sequence});
}

/// Another relay has appended, or the stream lost its end. Only reading the tail shows which.
void RelayCore::conflicted() {
  forget_what_was_read();
  phase_ = Phase::asking;
  then_ = Then::give_way;
}

/// The tail is not as this relay left it. If it is now earlier, nobody needs to have appended: the
/// stream lost its end, for example in a failover to a replica that did not have it. If another
/// relay did append since, one of the two gets a conflict.
void RelayCore::give_way(const Durable& durable, const Tail& before, SteadyTime now) {
  if (tail_.sequence < before.sequence) return lead_behind(durable, before, now);
  ++progress_.conflicts;
  if (options_.on_conflict == OnConflict::exit) return end(conflict(options_.name));
  stand_by(now);
}

void RelayCore::lead_behind(const Durable& durable, const Tail& before, SteadyTime now) {
  if (tail_.sequence < before.sequence) {
    observer_->note({.kind = RelayNote::Kind::end_lost, .sequence = tail_.sequence});
  }
  lead(durable, now);
}

/// The append may or may not have happened. Only reading the tail shows which.
void RelayCore::in_doubt(Error error, const Appending& made, SteadyTime now) {
  const bool of_now = appending_epoch_ == epoch_;
  const std::size_t unpublished = unpublished_held() + (of_now ? made.events : 0);
  const auto oldest = of_now && made.oldest ? made.oldest : oldest_held();
  if (!silent_since_) silent_since_ = made.began;
  const bool source_stands = open_ && !fault_;
  forget_what_was_read();
  if (oldest) oldest_dropped_ = oldest;
  if (progress_.backlog) *progress_.backlog += unpublished;
  if (progress_.backlog && source_stands) dropped_ = unpublished;
  count_at_ = now;
  phase_ = Phase::asking;
  then_ = Then::lead;
  stream_pause_ = now + note_retry(std::move(error), stream_backoff_, now);
}

void RelayCore::end(std::optional<Error> error) {
  // A pending release is kept: the source may forget what is durable, however the relay ended.
  auto durable = std::move(durable_);
  const bool open = open_;
  const bool release_due = release_due_;
  forget_what_was_read();
  open_ = open;
  durable_ = std::move(durable);
  release_due_ = release_due;
  phase_ = Phase::ended;
  progress_.state = RelayState::ended;
  oldest_dropped_.reset();
  progress_.waiting_since.reset();
  outcome_ = std::move(error);
  observer_->note(
      {.kind = RelayNote::Kind::stopped, .sequence = tail_.sequence, .error = outcome_});
}

void RelayCore::note_retry(Error error, Milliseconds delay) {
  ++progress_.retries[error.name];
  observer_->note({.kind = RelayNote::Kind::retrying,
                   .sequence = tail_.sequence,
                   .error = std::move(error),
                   .delay = delay});
}

Milliseconds RelayCore::note_retry(Error error, Backoff& backoff, SteadyTime now) {
  const Milliseconds delay = backoff.after_failure(jitter_, error.name, now);
  note_retry(std::move(error), delay);
  return delay;
}

std::size_t RelayCore::changes_held() const {
  return changes_bytes_ + (shaping_ ? shaping_->bytes : 0);
}

std::size_t RelayCore::events_held() const {
  return events_bytes_ + (appending_ ? appending_->bytes : 0);
}

bool RelayCore::nothing_held() const {
  return changes_.empty() && !shaping_ && events_.empty() && !appending_;
}

/// Changes that were read and are not known to be in the stream, without those of an earlier epoch.
std::size_t RelayCore::unpublished_held() const {
  std::size_t count = 0;
  for (const Changes& each : changes_) count += each.count;
  if (shaping_ && shaping_epoch_ == epoch_) count += shaping_->count;
  for (const Events& each : events_) count += each.events.size();
  if (appending_ && appending_epoch_ == epoch_) count += appending_->events;
  return count;
}

std::optional<WallTime> RelayCore::oldest_held() const {
  if (appending_ && appending_->oldest && appending_epoch_ == epoch_) return appending_->oldest;
  for (const Events& each : events_) {
    if (each.oldest) return each.oldest;
  }
  if (shaping_ && shaping_epoch_ == epoch_ && shaping_->oldest) return shaping_->oldest;
  for (const Changes& each : changes_) {
    if (each.oldest) return each.oldest;
  }
  return oldest_dropped_;
}

void RelayCore::note_waiting(SteadyTime now) {
  const bool waits = unpublished_held() > 0 || progress_.backlog.value_or(0) > 0;
  if (!waits) {
    progress_.waiting_since.reset();
  } else if (!progress_.waiting_since) {
    progress_.waiting_since = now;
  }
}

void RelayCore::note_gap(Gap gap) {
  ++progress_.gaps[gap.reason];
  observer_->note({.kind = RelayNote::Kind::gap, .gap = std::move(gap)});
}

RelayProgress RelayCore::progress() const {
  RelayProgress now = progress_;
  now.oldest_waiting = oldest_held();
  now.tail_sequence = tail_.sequence;
  now.position = tail_.position;
  now.queue_bytes = changes_held() + events_held();
  now.claim = claimant_.says();
  if (now.backlog) *now.backlog += unpublished_held();
  if (phase_ == Phase::ended) return now;
  now.retrying = stream_backoff_.retrying();
  const auto& at_source = source_backoff_.retrying();
  if (at_source && (!now.retrying || at_source->since < now.retrying->since)) {
    now.retrying = at_source;
  }
  return now;
}

}  // namespace headwater

// The relay's stream lane: the tail and the appends.
#include <algorithm>
#include <iterator>
#include <utility>

#include "src/base/invariant.h"
#include "src/relay/core.h"

namespace headwater {
namespace {

/// After a stop is requested, one more append is made only if the one before took less.
constexpr Milliseconds quick_append{250};

/// A pause after a small append is so many times as long as the append was.
constexpr int pause_per_append = 2;
/// No pause is longer than this part of the time after which a standby takes over.
constexpr int pauses_per_takeover = 5;

Error other_source(const std::string& relay, const std::string& found, const std::string& ours) {
  return {.remedy = Remedy::stop,
          .origin = Origin::stream,
          .name = "stream.other_source",
          .message = "the stream holds events that relay '" + relay + "' read from " + found +
                     ", but the configured source is " + ours,
          .next =
              "give this relay another name or stream, or, if the other database no longer exists: "
              "headwater position -c FILE reset"};
}

/// `init` saves where such a relay begins, and every append saves a position.
Error position_lost(const std::string& relay) {
  return {.remedy = Remedy::stop,
          .origin = Origin::stream,
          .name = "stream.position_lost",
          .message =
              "the stream holds no position of relay '" + relay +
              "', and the database does not know where the relay began: `init` was not run, or the "
              "stream was emptied or created again; changes committed since then are not in it",
          .next =
              "restore the stream, or start from the present: headwater init -c FILE (with "
              "`snapshot: initial`, everything that exists is published first)"};
}

}  // namespace

task::ForStream RelayCore::next_for_stream(SteadyTime now) {
  const bool paused = stream_pause_ && now < *stream_pause_;
  // A leader may have a last append to make, but not to a stream that is down.
  if (stopping_ && phase_ != Phase::ended && (paused || phase_ != Phase::leading)) {
    end(std::nullopt);
  }
  if (phase_ == Phase::ended) return task::Finished{};
  if (paused) return task::Wait{stream_pause_};
  if (phase_ == Phase::asking) {
    const auto claimed_by = claimant_.first_answer_by(now);
    if (claimed_by && then_ == Then::lead) return task::Wait{claimed_by};
    return task::ReadTail{};
  }
  if (phase_ == Phase::leading) return stopping_ ? last_for_leader(now) : next_for_leader(now);
  if (now < look_at_) return task::Wait{look_at_};
  look_began_ = now;
  look_judges_ = fault_.has_value();
  return task::ReadTail{};
}

task::ForStream RelayCore::next_for_leader(SteadyTime now) {
  drop_what_is_saved();
  if (phase_ == Phase::ended) return task::Finished{};
  if (now >= maintain_at_) return task::Maintain{};
  if (doubts_source_) {
    doubt_asked_ = true;
    return task::ReadTail{};
  }
  const bool something = !events_.empty() && !events_.front().events.empty();
  const bool gathering = something && gathers(now);
  if (!gathering && (something || (!events_.empty() && position_is_due(now)))) {
    return take_append(now);
  }
  if (fault_ && nothing_held()) {
    phase_ = Phase::asking;
    then_ = Then::judge;
    return task::ReadTail{};
  }
  if (now >= check_at_) return task::ReadTail{};
  SteadyTime until = std::min(maintain_at_, check_at_);
  if (gathering) {
    until = std::min(until, gather_until_);
  } else if (!events_.empty()) {
    until = std::min(until, last_saved_ + options_.position_interval);
  }
  return task::Wait{until};
}

task::ForStream RelayCore::last_for_leader(SteadyTime now) {
  drop_what_is_saved();
  const bool one_more = !last_append_made_ && last_append_took_ < quick_append && !events_.empty();
  if (phase_ != Phase::ended && one_more) {
    last_append_made_ = true;
    return take_append(now);
  }
  if (phase_ != Phase::ended) end(std::nullopt);
  return task::Finished{};
}

/// A position that the tail already has needs no append.
void RelayCore::drop_what_is_saved() {
  if (events_.empty()) return;
  const Events& first = events_.front();
  if (!first.events.empty() || first.position != tail_.position) return;
  const bool current = first.current;
  events_.pop_front();
  if (current && options_.until_current) end(std::nullopt);
}

bool RelayCore::position_is_due(SteadyTime now) const {
  const bool reached = options_.until_current && events_.front().current;
  return fault_ || reached || now >= last_saved_ + options_.position_interval;
}

/// As much as half a read: behind an append of so much there is a backlog, and for so many events
/// the price of an append does not matter.
bool RelayCore::is_large(std::size_t events, std::size_t bytes) const {
  const std::size_t enough = std::min(options_.read.bytes / 2, options_.events_bytes);
  return events >= options_.read.count / 2 || bytes >= enough;
}

/// Whether the next append waits, because it would be small and come soon after a small one.
bool RelayCore::gathers(SteadyTime now) const {
  if (now >= gather_until_ || fault_) return false;
  return !is_large(events_count_, events_bytes_);
}

void RelayCore::pause_after(const Appending& made, SteadyTime now) {
  gather_until_ = now;
  if (options_.until_current || is_large(made.events, made.bytes)) return;
  const SteadyTime::duration longest =
      std::min(options_.append_pause, options_.takeover_after / pauses_per_takeover);
  gather_until_ += std::min(pause_per_append * (now - made.began), longest);
}

task::Append RelayCore::take_append(SteadyTime now) {
  Events taken = std::move(events_.front());
  events_.pop_front();
  while (!events_.empty()) {
    Events& next = events_.front();
    if (taken.events.size() + next.events.size() > options_.append.count) break;
    if (taken.bytes + next.bytes > options_.append.bytes) break;
    taken.events.insert(taken.events.end(), std::make_move_iterator(next.events.begin()),
                        std::make_move_iterator(next.events.end()));
    taken.bytes += next.bytes;
    taken.position = std::move(next.position);
    taken.current = taken.current || next.current;
    if (!taken.oldest) taken.oldest = next.oldest;
    events_.pop_front();
  }
  invariant(phase_ == Phase::leading, "only a leader appends");
  invariant(!appending_, "one append at a time");
  invariant(events_bytes_ >= taken.bytes, "the bytes of the waiting events add up");
  events_count_ -= taken.events.size();
  events_bytes_ -= taken.bytes;
  appending_ =
      Appending{taken.events.size(), taken.bytes, taken.current, now, taken.position, taken.oldest};
  appending_epoch_ = epoch_;
  return {tail_, std::move(taken.events), std::move(taken.position)};
}

/// A writer that reports another place than it was given would have the source forget what is not
/// in the stream, or this relay append behind what it has not seen.
void RelayCore::check_appended(const Tail& tail, const Appending& made) const {
  invariant(tail.position == made.position, "the tail is at the position that was appended");
  invariant(tail.sequence >= tail_.sequence + made.events, "sequences rise with each event");
}

bool RelayCore::stream_call_is_in_vain(SteadyTime now) const {
  return stopping_ && (!appending_ || now >= give_up_at_);
}

void RelayCore::appended(Result<Durable> result, SteadyTime now) {
  invariant(appending_.has_value(), "only what was to be appended is appended");
  const Appending made = *std::exchange(appending_, std::nullopt);
  if (result) {
    check_appended(result->tail(), made);
    tail_ = result->tail();
    durable_ = std::move(*result);
    release_due_ = true;
    stream_backoff_.succeeded();
    silent_since_.reset();
    claimant_.appended(now);
    last_saved_ = now;
    check_at_ = now + options_.tail_interval;
    last_append_took_ = std::chrono::duration_cast<Milliseconds>(now - made.began);
    pause_after(made, now);
    ++progress_.appends;
    progress_.events_appended += made.events;
    progress_.bytes_appended += made.bytes;
    oldest_dropped_.reset();
    progress_.waiting_since.reset();
    if (phase_ == Phase::leading) note_waiting(now);
    const bool done = made.current && options_.until_current && appending_epoch_ == epoch_;
    if (done && phase_ == Phase::leading) end(std::nullopt);
    return;
  }
  if (phase_ == Phase::ended) return;
  switch (result.error().remedy) {
    case Remedy::retry:
      // Whether it happened, the next start finds out.
      if (stopping_) return end(std::nullopt);
      return in_doubt(std::move(result.error()), made, now);
    case Remedy::stand_by:
      return conflicted();
    case Remedy::stop:
      return end(std::move(result.error()));
  }
}

void RelayCore::maintained(Result<bool> result, SteadyTime now) {
  const bool more = result && *result;
  const bool idle = events_.empty();
  maintain_at_ = now;
  if (!more) {
    maintain_at_ += options_.maintain_interval;
  } else if (!idle) {
    maintain_at_ += options_.maintain_pause;
  }
  if (result || phase_ == Phase::ended) return;
  // Failed housekeeping puts nothing in doubt; it is retried at its next turn.
  if (result.error().remedy == Remedy::stop) return end(std::move(result.error()));
  note_retry(std::move(result.error()), options_.maintain_interval);
}

void RelayCore::tail_read(Result<Durable> result, SteadyTime now) {
  if (phase_ == Phase::ended) return;
  if (!result) return tail_unreadable(std::move(result.error()), now);
  silent_since_.reset();
  const Tail before = std::exchange(tail_, result->tail());
  const bool moved = tail_ != before;
  // The append that was in doubt is there, or its first part.
  if (phase_ == Phase::asking && tail_.sequence > before.sequence) stream_backoff_.succeeded();
  // The stream has answered: what waits has not been held up by a call that hangs.
  if (phase_ == Phase::asking && progress_.waiting_since) progress_.waiting_since = now;
  if (!tail_.source.empty() && tail_.source != identity_) {
    return end(other_source(options_.name, tail_.source, identity_));
  }
  if (tail_.position.empty() && !options_.empty_tail_is_beginning) {
    return end(position_lost(options_.name));
  }
  if (phase_ == Phase::standby) return looked(*result, moved, now);
  if (phase_ == Phase::leading) return checked(*result, before, now);
  switch (then_) {
    case Then::lead:
      return start(*result, before, now);
    case Then::give_way:
      return give_way(*result, before, now);
    case Then::judge:
      return judge(*result, before, now);
  }
}

void RelayCore::tail_unreadable(Error error, SteadyTime now) {
  if (error.remedy == Remedy::stop) return end(std::move(error));
  if (stopping_) return end(std::nullopt);
  stream_pause_ = now + note_retry(std::move(error), stream_backoff_, now);
}

/// The source reports that it cannot continue from our tail. If the tail has moved, another relay
/// continued and let the source forget, or the source can continue from the current end of the
/// stream.
void RelayCore::judge(const Durable& durable, const Tail& before, SteadyTime now) {
  if (tail_ == before) return end(std::move(fault_));
  give_way(durable, before, now);
}

/// Without appends, only this shows a leader that another relay took over, or that the stream lost
/// its end.
void RelayCore::checked(const Durable& durable, const Tail& before, SteadyTime now) {
  stream_backoff_.succeeded();
  check_at_ = now + options_.tail_interval;
  if (doubt_asked_) doubts_source_ = false;
  if (tail_ != before) give_way(durable, before, now);
}

}  // namespace headwater

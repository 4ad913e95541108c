// A standby's looks at the tail, and the hint lane: when a relay leads that did not.
#include <algorithm>
#include <utility>

#include "src/relay/core.h"

namespace headwater {

/// A leader that gets nothing done lets its claim lapse, in case another relay can.
Claimant::Wish RelayCore::wish(SteadyTime now) const {
  if (phase_ == Phase::ended) return Claimant::Wish::end;
  const auto too_long = [&](SteadyTime since) { return now - since >= options_.takeover_after; };
  const auto fails = [&](const Backoff& at) {
    return at.retrying() && too_long(at.retrying()->since);
  };
  if (fails(stream_backoff_)) return Claimant::Wish::lapse;
  if (silent_since_ && too_long(*silent_since_)) return Claimant::Wish::lapse;
  if (phase_ != Phase::standby && fails(source_backoff_)) return Claimant::Wish::lapse;
  if (appending_ && too_long(appending_->began)) return Claimant::Wish::lapse;
  return Claimant::Wish::keep;
}

task::ForHint RelayCore::next_for_hint(SteadyTime now) { return claimant_.next(wish(now), now); }

void RelayCore::claimed(Result<Claim> result, SteadyTime now) {
  claimant_.claimed(result, now);
  if (phase_ == Phase::ended) return;
  if (!result) return note_retry(std::move(result.error()), claimant_.pause());
  if (phase_ == Phase::standby && claimant_.says() == Claim::ours)
    look_at_ = std::min(look_at_, now);
}

void RelayCore::gave_up() { claimant_.gave_up(); }

bool RelayCore::hint_call_is_in_vain() const {
  return claimant_.is_claiming() && phase_ == Phase::ended;
}

/// A hint that says that another relay leads is trusted for a while: it may lie.
SteadyTime RelayCore::patience_ends() const {
  if (claimant_.says() != Claim::others) return take_over_at_;
  return take_over_at_ + (options_.hint_trust - 1) * options_.takeover_after;
}

void RelayCore::looked(const Durable& durable, bool moved, SteadyTime now) {
  stream_backoff_.succeeded();
  if (fault_ && !moved) {
    if (look_judges_) return end(std::move(fault_));
    // Requested before the source failed, so it does not show the current tail.
    look_at_ = now;
    return;
  }
  if (claimant_.ours_before(look_began_)) {
    return take_over(RelayNote::Kind::claimed, durable, now);
  }
  if (moved) {
    forget_what_was_read();
  } else if (peek_ == Peek::none) {
    peek_ = Peek::wanted;
    resume_ = tail_.position;
  } else if (peek_ == Peek::found && look_began_ >= patience_ends()) {
    // A slow answer shows the tail at the time of the request.
    return take_over(RelayNote::Kind::taking_over, durable, now);
  }
  look_at_ = now + jitter_.of(options_.takeover_after, 15, 25);
  if (peek_ == Peek::found) look_at_ = std::min(look_at_, std::max(patience_ends(), now));
  if (claimant_.says() == Claim::ours) look_at_ = now;
}

void RelayCore::take_over(RelayNote::Kind why, const Durable& durable, SteadyTime now) {
  if (why == RelayNote::Kind::taking_over) claimant_.leads_without(now);
  ++progress_.takeovers;
  observer_->note({.kind = why, .sequence = tail_.sequence});
  lead(durable, now);
}

}  // namespace headwater

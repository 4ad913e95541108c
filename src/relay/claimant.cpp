#include "src/relay/claimant.h"

#include <algorithm>

namespace headwater {
namespace {

constexpr int most_doublings = 10;
constexpr Milliseconds longest_pause{5'000};

}  // namespace

task::ForHint Claimant::next(Wish wish, SteadyTime now) {
  if (!exists()) return task::Finished{};
  if (wish == Wish::end || goes_back_) {
    if (may_be_ours_) return task::GiveUpClaim{};
    goes_back_ = false;
  }
  if (wish == Wish::end) return task::Finished{};
  if (now < due_) return task::Wait{due_};
  if (wish == Wish::lapse) {
    forget();
    due_ = now + interval_;
    return task::Wait{due_};
  }
  claiming_ = true;
  // Even an answer that is lost may have made it ours.
  may_be_ours_ = true;
  if (says_ == Claim::others && appended_) return task::TakeClaim{};
  return task::AskClaim{};
}

void Claimant::claimed(const Result<Claim>& result, SteadyTime now) {
  claiming_ = false;
  answered_ = true;
  failures_ = result ? 0 : std::min(failures_ + 1, most_doublings);
  if (goes_back_) return;
  due_ = now + pause();
  if (!result) return forget();
  if (*result == Claim::ours && says_ != Claim::ours) ours_since_ = now;
  if (*result == Claim::others && says_ != Claim::others) appended_ = false;
  if (*result == Claim::others) lies_ = 0;
  may_be_ours_ = *result == Claim::ours;
  says_ = *result;
}

/// If that failed, it lapses.
void Claimant::gave_up() {
  may_be_ours_ = false;
  goes_back_ = false;
  forget();
}

/// The first failure may cost the claim, so the next try comes soon.
Milliseconds Claimant::pause() const {
  if (failures_ < 2) return interval_;
  return std::min(std::max(interval_, longest_pause), interval_ * (1 << (failures_ - 1)));
}

void Claimant::leads_without(SteadyTime now) {
  lies_ = 0;
  due_ = now;
}

void Claimant::appended(SteadyTime now) {
  if (says_ != Claim::others || appended_) return;
  appended_ = true;
  due_ = now;
}

void Claimant::stood_back(SteadyTime now) {
  if (!exists() || says_ == Claim::others) return;
  goes_back_ = true;
  due_ = now + 4 * interval_ * (1 << lies_);
  if (says_ == Claim::ours) lies_ = std::min(lies_ + 1, most_doublings);
  forget();
}

std::optional<SteadyTime> Claimant::first_answer_by(SteadyTime now) {
  if (!exists() || answered_) return std::nullopt;
  if (!first_answer_by_) first_answer_by_ = now + patience_;
  if (now >= *first_answer_by_) answered_ = true;
  return answered_ ? std::nullopt : first_answer_by_;
}

void Claimant::forget() { says_.reset(); }

}  // namespace headwater

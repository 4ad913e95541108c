// The relay's dealings with its hint (ports/hint.h): when to claim, and what the answers say. A part
// of the state machine: it does no I/O and reads no clock.
#pragma once

#include <optional>

#include "src/base/clock.h"
#include "src/ports/hint.h"
#include "src/relay/tasks.h"

namespace headwater {

class Claimant {
 public:
  /// What the relay would have of its claim.
  enum class Wish {
    keep,   ///< Has it, or would like to.
    lapse,  ///< Is stuck: another may have it.
    end,    ///< Needs it no longer.
  };

  /// `interval` 0: there is no hint. A start waits `patience` for the first answer.
  Claimant(Milliseconds interval, Milliseconds patience)
      : interval_(interval), patience_(patience) {}

  // The hint lane.
  [[nodiscard]] task::ForHint next(Wish wish, SteadyTime now);
  void claimed(const Result<Claim>& result, SteadyTime now);
  void gave_up();
  [[nodiscard]] bool is_claiming() const { return claiming_; }
  /// Between two claims: longer after each that failed.
  [[nodiscard]] Milliseconds pause() const;

  /// This relay has appended: whoever has the claim, this relay leads.
  void appended(SteadyTime now);
  /// This relay lets another lead: if the claim is ours, it goes back, and the leader has a few
  /// intervals to make it its own. A hint that calls two relays the leader for ever is asked ever
  /// less.
  void stood_back(SteadyTime now);

  /// This relay leads because nobody else does, whatever the hint said.
  void leads_without(SteadyTime now);

  /// As the hint answered last; nothing: there is none, it failed, or was not asked yet.
  [[nodiscard]] std::optional<Claim> says() const { return says_; }
  /// Whether the claim was ours already at `then`, and has been since.
  [[nodiscard]] bool ours_before(SteadyTime then) const {
    return says_ == Claim::ours && ours_since_ <= then;
  }
  /// Until when the start waits for the first answer; nothing: not, or no longer. The first call
  /// begins the wait.
  [[nodiscard]] std::optional<SteadyTime> first_answer_by(SteadyTime now);

 private:
  [[nodiscard]] bool exists() const { return interval_.count() > 0; }
  void forget();

  Milliseconds interval_;
  Milliseconds patience_;
  bool claiming_ = false;
  std::optional<Claim> says_;
  SteadyTime ours_since_{};
  SteadyTime due_{};
  bool may_be_ours_ = false;  ///< Since the last answer that it is not.
  bool appended_ = false;     ///< Since the hint said that another leads.
  bool goes_back_ = false;
  int lies_ = 0;      ///< So often it was ours although another led.
  int failures_ = 0;  ///< In a row.
  bool answered_ = false;
  std::optional<SteadyTime> first_answer_by_;
};

}  // namespace headwater

// What a relay's threads measure beside the state machine, which reads no clock.
#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <optional>
#include <vector>

#include "src/base/clock.h"
#include "src/event/change.h"
#include "src/event/event.h"
#include "src/relay/observer.h"

namespace headwater {

/// Any thread may call. `clock` must outlive it.
class Measures {
 public:
  enum class Lane { source, stream };

  explicit Measures(const Clock& clock) : clock_(&clock), state_since_(clock.wall()) {}

  void note_state(RelayState state);
  void note_read(const std::vector<Change>& changes);
  void note_appended(const std::vector<Event>& events, SteadyTime::duration took);
  /// The source has just answered Source::until_loss().
  void note_until_loss(std::optional<Milliseconds> left);

  /// Makes a call to the source or the stream, which should return within `allowed`. One at a time
  /// for each lane.
  template <class Call>
  auto in_call(Lane lane, Milliseconds allowed, const Call& call) -> decltype(call()) {
    set_due(lane, clock_->steady() + allowed);
    auto result = call();
    set_due(lane, std::nullopt);
    return result;
  }

  void add_to(RelayProgress& progress) const;

 private:
  void set_due(Lane lane, std::optional<SteadyTime> due);

  const Clock* clock_;
  mutable std::mutex mutex_;
  RelayState state_ = RelayState::starting;
  WallTime state_since_;
  RelayDelays delays_;
  std::array<std::optional<SteadyTime>, 2> due_;  // by the value of Lane, while it is in a call
  std::optional<SteadyTime> loss_at_;
};

}  // namespace headwater

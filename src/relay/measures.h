// What a relay's threads measure beside the state machine, which reads no clock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "src/base/clock.h"
#include "src/event/change.h"
#include "src/event/event.h"
#include "src/event/position.h"
#include "src/ports/source.h"
#include "src/ports/stream.h"
#include "src/relay/observer.h"

namespace headwater {

/// Any thread may call. `clock` must outlive it.
class Measures {
 public:
  enum class Lane { source, stream };

  /// `look_interval`: how often the source and the stream are asked what only they know.
  Measures(const Clock& clock, Milliseconds look_interval)
      : clock_(&clock), look_interval_(look_interval), state_since_(clock.wall()) {}

  void note_state(RelayState state);
  void note_read(const std::vector<Change>& changes);
  void note_appended(const std::vector<Event>& events, SteadyTime::duration took);
  /// The source has just answered Source::until_loss().
  void note_until_loss(const UntilLoss& left);
  /// The stream has just answered StreamWriter::room().
  void note_room(const StreamRoom& room);

  /// Asks the source, if it is time. What it cannot tell is not known. Only the source lane calls.
  template <class ReadPosition>
  void look_for_loss(Source& source, const ReadPosition& read_position) {
    if (!is_due(loss_look_at_)) return;
    const Position position = read_position();
    if (!position.empty()) {
      note_until_loss(source.until_loss(position).value_or(UntilLoss()));
    }
  }
  /// The same for the stream and its lane.
  void look_for_room(StreamWriter& writer) {
    if (is_due(room_look_at_)) note_room(writer.room().value_or(StreamRoom()));
  }

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
  /// If so, it is due again after the interval.
  [[nodiscard]] bool is_due(SteadyTime& at) const;

  const Clock* clock_;
  Milliseconds look_interval_;
  SteadyTime loss_look_at_{};  // only the source lane's
  SteadyTime room_look_at_{};  // only the stream lane's
  mutable std::mutex mutex_;
  RelayState state_ = RelayState::starting;
  WallTime state_since_;
  RelayDelays delays_;
  std::array<std::optional<SteadyTime>, 2> due_;  // by the value of Lane, while it is in a call
  std::optional<SteadyTime> loss_at_;
  std::optional<std::uint64_t> bytes_until_loss_;
  StreamRoom room_;
};

}  // namespace headwater

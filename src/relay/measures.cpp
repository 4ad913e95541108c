#include "src/relay/measures.h"

#include <algorithm>
#include <chrono>

namespace headwater {

void Measures::note_state(RelayState state) {
  const std::lock_guard lock(mutex_);
  if (state == state_) return;
  state_ = state;
  state_since_ = clock_->wall();
}

// The spans are counted outside the mutex, because there may be thousands.

void Measures::note_read(const std::vector<Change>& changes) {
  const WallTime now = clock_->wall();
  Histogram spans;
  for (const Change& change : changes) {
    if (change.op != Op::read) spans.add(now - change.time);
  }
  const std::lock_guard lock(mutex_);
  delays_.read += spans;
}

void Measures::note_appended(const std::vector<Event>& events, SteadyTime::duration took) {
  const WallTime now = clock_->wall();
  Histogram spans;
  for (const Event& event : events) {
    if (event.type.operation() != "read") spans.add(now - event.time);
  }
  const std::lock_guard lock(mutex_);
  delays_.append.add(took);
  delays_.publish += spans;
}

void Measures::note_until_loss(const UntilLoss& left) {
  const SteadyTime now = clock_->steady();
  const std::lock_guard lock(mutex_);
  loss_at_.reset();
  if (left.time) loss_at_ = now + *left.time;
  bytes_until_loss_ = left.bytes;
}

void Measures::note_room(const StreamRoom& room) {
  const std::lock_guard lock(mutex_);
  room_ = room;
}

bool Measures::is_due(SteadyTime& at) const {
  const SteadyTime now = clock_->steady();
  if (now < at) return false;
  at = now + look_interval_;
  return true;
}

void Measures::set_due(Lane lane, std::optional<SteadyTime> due) {
  const std::lock_guard lock(mutex_);
  due_.at(static_cast<std::size_t>(lane)) = due;
}

void Measures::add_to(RelayProgress& progress) const {
  const SteadyTime now = clock_->steady();
  const std::lock_guard lock(mutex_);
  progress.state_since = state_since_;
  progress.delays = delays_;
  for (const auto& due : due_) {
    if (!due || *due >= now) continue;
    progress.overdue_since = std::min(progress.overdue_since.value_or(*due), *due);
  }
  // A standby's source is closed, and it does not ask the stream for its room.
  if (progress.state != RelayState::leading) return;
  progress.stream_room = room_;
  progress.until_loss.bytes = bytes_until_loss_;
  if (!loss_at_) return;
  const auto left = std::chrono::duration_cast<Milliseconds>(*loss_at_ - now);
  progress.until_loss.time = std::max(left, Milliseconds(0));
}

}  // namespace headwater

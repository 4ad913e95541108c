// A log of changes for a database that gives everything new at once.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <utility>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/base/invariant.h"
#include "src/base/reused_queue.h"
#include "src/sources/shared/change_log.h"

namespace headwater::sources {

/// Keeps the queue, the point and the waiting. `Cursor`: where a position is in the database's own
/// terms. The queue holds what one fetch() has brought.
template <class Cursor>
class QueuedLog : public ChangeLog {
 public:
  /// `clock` must outlive it.
  explicit QueuedLog(const Clock& clock) : clock_(&clock) {}

  void stop() override {
    queue_.clear();
    front_taken_ = false;
  }
  [[nodiscard]] Mark opened() const final { return {.point = opened_}; }

  Result<LogChange*> next() final {
    drop_taken();
    return queue_.empty() ? nullptr : &queue_.front().change;
  }
  void take() final {
    invariant(!queue_.empty() && !front_taken_, "a change is taken once");
    at_ = queue_.front().after;
    taken_ = queue_.front().change.point;
    front_taken_ = true;
  }
  [[nodiscard]] std::size_t at_hand() const final {
    return queue_.size() - (front_taken_ ? 1U : 0U);
  }
  Result<Came> wait(Milliseconds wait, bool /*soon*/, const std::stop_token& stop) final {
    const SteadyTime until = clock_->steady() + wait;
    drop_taken();
    for (;;) {
      auto end = fetch(read_);
      if (!end) return failed(end);
      read_ = std::max(read_, *end);
      if (!queue_.empty()) return Came::more;
      const auto left = std::chrono::duration_cast<Milliseconds>(until - clock_->steady());
      // Once it is known, there is nothing to report until something is written.
      if (std::exchange(known_end_, read_) != read_) return Came::end;
      if (left <= Milliseconds(0) || stop.stop_requested()) return Came::nothing;
      sleep(left, stop);
    }
  }

  [[nodiscard]] LogPoint taken() const final { return taken_; }
  [[nodiscard]] Mark mark(LogPoint point) const final { return {.point = point}; }
  [[nodiscard]] bool reached(const Mark& mark) const final { return read_ >= mark.point; }

 protected:
  /// Calls add() for all changes after `read`. Returns the end of the log.
  virtual Result<LogPoint> fetch(LogPoint read) = 0;
  /// Blocks until there may be something new, for `longest` at the most, or until a stop.
  virtual void sleep(Milliseconds longest, const std::stop_token& stop) = 0;

  /// Goes to a place. `taken`: the point of its last change. `read`: where fetch() continues.
  /// `newest`: the end of the log.
  void go_to(Cursor at, LogPoint taken, LogPoint read, LogPoint newest) {
    stop();
    at_ = std::move(at);
    taken_ = taken;
    read_ = read;
    opened_ = newest;
    known_end_.reset();
  }
  void add(LogChange&& change, Cursor after) {
    const LogPoint last = queue_.empty() ? taken_ : queue_.back().change.point;
    invariant(change.point >= last, "changes are added in the order of the log");
    queue_.push({std::move(change), std::move(after)});
  }
  /// After the last change taken.
  [[nodiscard]] const Cursor& at() const { return at_; }

 private:
  struct Queued {
    LogChange change;
    Cursor after;
  };
  /// A change is valid until the next one is asked for.
  void drop_taken() {
    if (std::exchange(front_taken_, false)) queue_.pop();
  }

  const Clock* clock_;
  ReusedQueue<Queued> queue_;
  bool front_taken_ = false;
  Cursor at_{};
  LogPoint taken_;
  LogPoint read_;
  LogPoint opened_;
  std::optional<LogPoint> known_end_;  // where Came::end was last returned
};

}  // namespace headwater::sources

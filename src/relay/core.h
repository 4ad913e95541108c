// The whole relay as a passive state machine: callers report what happened and ask for the next
// task. It has no threads, never blocks and reads no clock, so the simulation can run years of
// accidents in seconds. README.md lists the rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/ports/durable.h"
#include "src/relay/backoff.h"
#include "src/relay/claimant.h"
#include "src/relay/observer.h"
#include "src/relay/options.h"
#include "src/relay/tasks.h"

namespace headwater {

/// Four lanes work concurrently: source, shape, stream and hint. Each asks for its next task, does it
/// and reports the result before it asks again. Any report may give the other lanes something to
/// do. Calls must not overlap. `observer` gets the notes and must outlive the core.
class RelayCore {
 public:
  RelayCore(const RelayOptions& options, std::string source_identity, RelayObserver& observer);

  // The source lane.
  [[nodiscard]] task::ForSource next_for_source(SteadyTime now);
  void opened(Result<void> result, SteadyTime now);
  void read(Result<ChangeBatch> result, SteadyTime now);
  void released(Result<void> result, SteadyTime now);
  void tended(Result<void> result, SteadyTime now);
  void closed();
  /// True if the result of the current open or read is no longer needed: end it.
  [[nodiscard]] bool source_call_is_in_vain() const;

  // The shape lane.
  [[nodiscard]] task::ForShape next_for_shape();
  void shaped(Shaped result);

  // The stream lane.
  [[nodiscard]] task::ForStream next_for_stream(SteadyTime now);
  void tail_read(Result<Durable> result, SteadyTime now);
  void appended(Result<Durable> result, SteadyTime now);
  void maintained(Result<bool> result, SteadyTime now);
  /// True if nobody waits any longer for the tail or append that the lane is at: end it.
  [[nodiscard]] bool stream_call_is_in_vain(SteadyTime now) const;

  // The hint lane. Without a hint it ends at once.
  [[nodiscard]] task::ForHint next_for_hint(SteadyTime now);
  void claimed(Result<Claim> result, SteadyTime now);
  void gave_up();
  /// True if nobody waits any longer for the claim that the lane is at: end it.
  [[nodiscard]] bool hint_call_is_in_vain() const;

  void request_stop(SteadyTime now);

  [[nodiscard]] RelayProgress progress() const;
  [[nodiscard]] RelayState state() const { return progress_.state; }
  /// Why it ended; valid once a lane got Finished.
  [[nodiscard]] const std::optional<Error>& error() const { return outcome_; }

 private:
  enum class Phase {
    asking,   ///< In doubt: the tail must be read before anything else; `then_` is the reason.
    leading,  ///< Reads, shapes, appends.
    standby,  ///< Reads the tail at intervals; writes nothing.
    ended,
  };
  enum class Then {
    lead,      ///< At the start, and when an append may or may not have happened.
    give_way,  ///< After a conflict: stand by, unless the stream only lost its end.
    judge,     ///< A permanent failure, which only counts if the tail is still ours.
  };
  enum class SourceTask { none, opening, reading, releasing, tending, closing };
  /// A standby's check whether the source has anything after the tail.
  enum class Peek { none, wanted, found };

  /// A piece of the feed in transit. `position` is its end, including skipped changes.
  struct Changes {
    std::vector<Change> changes;
    std::size_t count = 0;  ///< Including those that the shape lane has.
    std::size_t bytes = 0;
    Position position;
    bool current = false;
    std::optional<WallTime> oldest;  ///< Commit time of its first change.
  };
  struct Events {
    std::vector<Event> events;
    std::size_t bytes = 0;
    Position position;
    bool current = false;
    std::optional<WallTime> oldest;
  };
  /// The append in progress; the stream lane has the events.
  struct Appending {
    std::size_t events = 0;
    std::size_t bytes = 0;
    bool current = false;
    SteadyTime began;
    Position position;  ///< Where the tail is once it has been made.
    std::optional<WallTime> oldest;
  };

  // Phase changes (core.cpp).
  void forget_what_was_read();
  void start(const Durable& durable, const Tail& before, SteadyTime now);
  void lead(const Durable& durable, SteadyTime now);
  void stand_by(SteadyTime now);
  void conflicted();
  void give_way(const Durable& durable, const Tail& before, SteadyTime now);
  void lead_behind(const Durable& durable, const Tail& before, SteadyTime now);
  void in_doubt(Error error, const Appending& made, SteadyTime now);
  void end(std::optional<Error> error);

  // The source lane (core_source.cpp).
  [[nodiscard]] bool wants_to_read() const;
  [[nodiscard]] task::ForSource start(SourceTask kind, task::ForSource task);
  [[nodiscard]] task::Read next_read() const;
  [[nodiscard]] task::ForSource rest(SteadyTime now);
  void source_answered(bool well, SteadyTime now);
  void source_failed(Error error, SteadyTime now);
  void accept(ChangeBatch batch);
  void skip_to(Position position, bool current);
  void peeked(const ChangeBatch& batch, SteadyTime now);
  [[nodiscard]] bool counts_waiting() const;
  void count_waiting(const ChangeBatch& batch);

  // The stream lane (core_stream.cpp).
  [[nodiscard]] task::ForStream next_for_leader(SteadyTime now);
  [[nodiscard]] task::ForStream last_for_leader(SteadyTime now);
  [[nodiscard]] task::Append take_append(SteadyTime now);
  [[nodiscard]] bool position_is_due(SteadyTime now) const;
  [[nodiscard]] bool is_large(std::size_t events, std::size_t bytes) const;
  [[nodiscard]] bool gathers(SteadyTime now) const;
  void pause_after(const Appending& made, SteadyTime now);
  void drop_what_is_saved();
  void check_appended(const Tail& tail, const Appending& made) const;
  void judge(const Durable& durable, const Tail& before, SteadyTime now);
  void checked(const Durable& durable, const Tail& before, SteadyTime now);
  void tail_unreadable(Error error, SteadyTime now);

  // A standby, and the hint (core_standby.cpp).
  void looked(const Durable& durable, bool moved, SteadyTime now);
  void take_over(RelayNote::Kind why, const Durable& durable, SteadyTime now);
  [[nodiscard]] SteadyTime patience_ends() const;
  [[nodiscard]] Claimant::Wish wish(SteadyTime now) const;

  [[nodiscard]] std::size_t changes_held() const;
  [[nodiscard]] std::size_t events_held() const;
  [[nodiscard]] bool nothing_held() const;
  [[nodiscard]] std::size_t unpublished_held() const;
  [[nodiscard]] std::optional<WallTime> oldest_held() const;
  void note_waiting(SteadyTime now);
  void note_gap(Gap gap);
  void note_retry(Error error, Milliseconds delay);
  [[nodiscard]] Milliseconds note_retry(Error error, Backoff& backoff, SteadyTime now);

  RelayOptions options_;
  std::string identity_;
  RelayObserver* observer_;
  Jitter jitter_;
  RelayProgress progress_;

  Phase phase_ = Phase::asking;
  Then then_ = Then::lead;
  SourceTask source_task_ = SourceTask::none;
  Peek peek_ = Peek::none;
  bool stopping_ = false;
  bool open_ = false;              ///< The source, in this epoch.
  bool held_ = false;              ///< The source is open, in whatever epoch.
  bool current_seen_ = false;      ///< From the source, in this epoch.
  bool last_append_made_ = false;  ///< The one that follows a stop request.
  bool look_judges_ = false;       ///< The read of the tail began after the failure.
  std::optional<Error> outcome_;
  /// As the stream last returned it; never inferred.
  Tail tail_;
  /// The source may have lost changes: the tail is read before the source is opened again.
  bool doubts_source_ = false;
  bool doubt_asked_ = false;  ///< The current read of the tail began after that.
  /// Counts the times that the feed was opened. Work begun in an earlier epoch is dropped.
  std::uint64_t epoch_ = 0;
  /// Set when nothing more can be read or shaped; reported once everything before it is in the
  /// stream.
  std::optional<Error> fault_;

  std::uint64_t source_epoch_ = 0;
  Position resume_;  ///< Where the source is, or must be opened.
  std::optional<SteadyTime> source_pause_;
  SteadyTime tend_at_{};
  Backoff source_backoff_;
  /// While in doubt, the relay keeps reading the source only to count the backlog. It drops what it
  /// reads and counts it here.
  std::optional<std::uint64_t> dropped_;
  SteadyTime count_at_{};           ///< The next such look.
  std::optional<Durable> durable_;  ///< The newest of this epoch.
  bool release_due_ = false;        ///< durable_ was not released since open().

  std::deque<Changes> changes_;
  /// Of what was dropped in doubt, until it is read again.
  std::optional<WallTime> oldest_dropped_;
  std::optional<Changes> shaping_;  ///< The shape lane has the changes.
  std::uint64_t shaping_epoch_ = 0;
  std::size_t changes_bytes_ = 0;  ///< In changes_.

  std::deque<Events> events_;
  std::optional<Appending> appending_;
  std::uint64_t appending_epoch_ = 0;
  std::size_t events_count_ = 0;  ///< In events_.
  std::size_t events_bytes_ = 0;  ///< In events_.

  std::optional<SteadyTime> stream_pause_;
  Backoff stream_backoff_;
  SteadyTime last_saved_{};
  SteadyTime maintain_at_{};
  SteadyTime check_at_{};  ///< When a leader without appends reads the tail.
  Milliseconds last_append_took_{0};
  SteadyTime gather_until_{};  ///< Until then a small append waits for more.
  SteadyTime give_up_at_{};    ///< After a stop request, no append is waited for any longer.

  SteadyTime look_at_{};
  SteadyTime look_began_{};
  SteadyTime take_over_at_{};
  Claimant claimant_;
  std::optional<SteadyTime> silent_since_;  ///< The stream, to appends and then to reads.
};

}  // namespace headwater

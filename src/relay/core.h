// The relay, whole, as a machine that only thinks: it is told what happened and says what is to be
// done next. It has no threads, waits for nothing and reads no clock, so the simulation can run it
// through years of accidents in seconds. README.md tells the rules in words.
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
#include "src/relay/observer.h"
#include "src/relay/options.h"
#include "src/relay/tasks.h"

namespace headwater {

/// Three lanes work at the same time: source, shape, stream. Each asks for its next task, does it,
/// and reports how it ended, before it asks again. Any report may give the other lanes something to
/// do. No thread may call while another does. `observer` gets the notes, and must outlive the core.
class RelayCore {
 public:
  RelayCore(const RelayOptions& options, std::string source_identity, RelayObserver& observer);

  // The source lane.
  [[nodiscard]] task::ForSource next_for_source(SteadyTime now);
  void opened(Result<void> result, SteadyTime now);
  void read(Result<ChangeBatch> result, SteadyTime now);
  void released(Result<void> result, SteadyTime now);
  /// What the read under way may bring is no longer wanted: wake it.
  [[nodiscard]] bool read_is_in_vain() const;

  // The shape lane.
  [[nodiscard]] task::ForShape next_for_shape();
  void shaped(Shaped result);

  // The stream lane.
  [[nodiscard]] task::ForStream next_for_stream(SteadyTime now);
  void tail_read(Result<Durable> result, SteadyTime now);
  void appended(Result<Durable> result, SteadyTime now);
  void maintained(Result<bool> result, SteadyTime now);

  void request_stop() { stopping_ = true; }

  [[nodiscard]] RelayProgress progress() const;
  /// Why it ended; meaningful once a lane was told Finished.
  [[nodiscard]] const std::optional<Error>& error() const { return outcome_; }

 private:
  enum class Phase {
    asking,   ///< In doubt: the tail has to be read before anything else; `then_` says what for.
    leading,  ///< Reads, shapes, appends.
    standby,  ///< Looks at the tail now and then; writes nothing.
    ended,
  };
  enum class Then {
    lead,      ///< At the start, and when an append may or may not have happened.
    give_way,  ///< After a conflict: stand by, unless the stream only lost its end.
    judge,     ///< The source or a change failed for good; true only if the tail is still ours.
  };
  enum class SourceTask { none, opening, reading, releasing };
  /// A standby's look at the source, whether it has anything behind the tail.
  enum class Peek { none, wanted, found };

  /// Some of the feed on its way. `position` is where it ends, skipped changes included.
  struct Changes {
    std::vector<Change> changes;
    std::size_t count = 0;  ///< Also while the shape lane has them.
    std::size_t bytes = 0;
    Position position;
    bool current = false;
  };
  struct Events {
    std::vector<Event> events;
    std::size_t bytes = 0;
    Position position;
    bool current = false;
  };
  /// An append under way; the stream lane has the events.
  struct Appending {
    std::size_t events = 0;
    std::size_t bytes = 0;
    bool current = false;
    SteadyTime began;
    Position position;  ///< Where the tail is once it has been made.
  };

  // What changes the phase (core.cpp).
  void forget_what_was_read();
  void lead(const Durable& durable, SteadyTime now);
  void stand_by(SteadyTime now);
  void conflicted();
  void give_way(const Durable& durable, const Tail& before, SteadyTime now);
  void lead_behind(const Durable& durable, const Tail& before, SteadyTime now);
  void in_doubt(Error error, std::size_t appending, SteadyTime now);
  void end(std::optional<Error> error);

  // The source lane (core_source.cpp).
  [[nodiscard]] bool wants_to_read() const;
  [[nodiscard]] task::ForSource start(SourceTask kind, task::ForSource task);
  [[nodiscard]] task::Read next_read() const;
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
  void looked(const Durable& durable, bool moved, SteadyTime now);
  void checked(const Durable& durable, const Tail& before, SteadyTime now);
  void tail_unreadable(Error error, SteadyTime now);

  [[nodiscard]] std::size_t changes_held() const;
  [[nodiscard]] std::size_t events_held() const;
  [[nodiscard]] bool nothing_held() const;
  [[nodiscard]] std::size_t unpublished_held() const;
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
  bool current_seen_ = false;      ///< From the source, in this epoch.
  bool last_append_made_ = false;  ///< The one after a stop was requested.
  bool look_judges_ = false;       ///< The source had failed when the look at the tail began.
  std::optional<Error> outcome_;
  /// As the stream last told it; never inferred.
  Tail tail_;
  /// The source met what may be a loss: the tail is read before the source is opened again.
  bool doubts_source_ = false;
  bool doubt_asked_ = false;  ///< The look at the tail under way began after that.
  /// Counts the times that the feed was taken up anew. What was begun in an earlier one is dropped.
  std::uint64_t epoch_ = 0;
  /// Set when nothing more can be read or shaped; told once all before it is in the stream.
  std::optional<Error> fault_;

  std::uint64_t source_epoch_ = 0;
  Position resume_;  ///< Where the source is, or has to be opened.
  std::optional<SteadyTime> source_pause_;
  Backoff source_backoff_;
  /// In doubt, the source is where it was read to: each look at it tells how much more is waiting.
  /// What is read is dropped, and counted here with what was read before.
  std::optional<std::uint64_t> dropped_;
  SteadyTime count_at_{};           ///< The next such look.
  std::optional<Durable> durable_;  ///< The newest of this epoch.
  bool release_due_ = false;        ///< The source, as it is open now, was not told durable_ yet.

  std::deque<Changes> changes_;
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

  SteadyTime look_at_{};
  SteadyTime look_began_{};
  SteadyTime take_over_at_{};
};

}  // namespace headwater

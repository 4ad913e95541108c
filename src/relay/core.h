// The relay's logic, without threads, waiting or I/O: three lanes ask what to do next and say how
// it ended. Driven by threads in production (relay.h) and by a simulator in tests, which is why it
// looks at no clock and draws its chance from a seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/event/change.h"
#include "src/event/event.h"
#include "src/ports/durable.h"
#include "src/ports/source.h"
#include "src/relay/observer.h"
#include "src/relay/options.h"

namespace headwater {

/// Tasks. A lane carries out one at a time and reports it before it asks for the next.
namespace task {

/// Nothing to do before `until`, or before something else has been reported.
struct Idle {
  std::optional<SteadyTime> until;
};
/// Nothing to do ever again.
struct Finished {};

// Source lane.
struct Open {
  Position after;
};
struct Read {
  ReadLimits limits;
  Milliseconds wait;
};
struct Release {
  Durable durable;
};

// Shape lane.
struct Shape {
  std::vector<Change> changes;
};

// Stream lane.
struct ReadTail {};
struct Append {
  Tail expected;
  std::vector<Event> events;
  Position position;
};
struct Maintain {};

}  // namespace task

using SourceTask = std::variant<task::Idle, task::Finished, task::Open, task::Read, task::Release>;
using ShapeTask = std::variant<task::Idle, task::Finished, task::Shape>;
using StreamTask =
    std::variant<task::Idle, task::Finished, task::ReadTail, task::Append, task::Maintain>;

/// How it goes: find the tail, open the source there, then let changes flow until something is in
/// doubt; then everything between the lanes is thrown away and it begins again at the tail. Each
/// beginning is an epoch; what an earlier epoch still had under way is ignored when it ends.
/// One thread at a time.
class RelayCore {
 public:
  RelayCore(RelayOptions options, std::string source_identity);

  SourceTask next_source(SteadyTime now);
  ShapeTask next_shape(SteadyTime now);
  StreamTask next_stream(SteadyTime now);

  void opened(Result<void> result, SteadyTime now);
  void read(Result<ChangeBatch> result, SteadyTime now);
  void released(Result<void> result, SteadyTime now);
  void shaped(Result<std::vector<Event>> result, SteadyTime now);
  void tail_read(Result<Durable> result, SteadyTime now);
  void appended(Result<Durable> result, SteadyTime now);
  void maintained(Result<bool> result, SteadyTime now);

  /// No new read or append is begun; one last append may save the position.
  void request_stop();
  /// The read under way is of no use any more and should be woken.
  [[nodiscard]] bool read_is_stale() const;
  [[nodiscard]] bool finished() const { return phase_ == Phase::finished; }
  /// Why it stopped by itself, if it did.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

  [[nodiscard]] RelayProgress progress() const;
  /// What has happened since the last call, for people.
  std::vector<RelayNote> take_notes();

 private:
  enum class Phase {
    finding,   ///< Reading the tail.
    opening,   ///< Opening the source there.
    flowing,   ///< Reading, shaping, appending.
    watching,  ///< A standby waits for its next look at the tail.
    peeking,   ///< The tail stands still: a standby looks whether the source has something behind
               ///< it.
    backoff,   ///< Waiting after an error.
    finished,
  };
  /// Between the lanes, in the source's order. Events and changes are never both there.
  struct Batch {
    std::vector<Change> changes;
    std::vector<Event> events;
    Position position;  ///< Behind the last of them; may be all there is.
    std::size_t bytes = 0;
  };
  /// A lane's task under way belongs to the epoch it was begun in.
  struct Lane {
    bool busy = false;
    std::uint64_t epoch = 0;
  };

  template <class Task>
  Task begin(Lane& lane, Task task);
  [[nodiscard]] bool end(Lane& lane);

  void begin_epoch(Phase phase);
  void fail_with(Error error, SteadyTime now);
  void stop_with(Error error);
  void conflict(Error error);
  void look_at(const Tail& tail, SteadyTime now);
  void peeked(const ChangeBatch& batch, SteadyTime now);
  void watch_on(SteadyTime now);
  void enqueue(ChangeBatch batch);
  StreamTask next_in_flow(SteadyTime now);
  task::Append take_append();
  void finish_if_done();
  void note(RelayState state, std::string message, std::optional<Error> error = {},
            Milliseconds delay = Milliseconds(0));

  /// Nothing more is to be read.
  [[nodiscard]] bool draining() const { return stop_ || (options_.until_current && current_); }
  [[nodiscard]] bool queues_empty() const {
    return raw_.empty() && shaped_.empty() && !shape_.busy;
  }
  [[nodiscard]] Milliseconds jittered(Milliseconds span);

  const RelayOptions options_;
  const std::string identity_;

  Phase phase_ = Phase::finding;
  std::uint64_t epoch_ = 0;
  Lane source_;
  Lane shape_;
  Lane stream_;
  bool stop_ = false;
  std::optional<Error> failure_;

  std::optional<Durable> tail_;        ///< As found, or as the last append left it.
  std::optional<Durable> to_release_;  ///< The source has not been told of it.
  Position read_position_;             ///< Up to where the source has been read.
  bool current_ = false;               ///< All that was there at the opening has been read.

  std::deque<Batch> raw_;
  std::deque<Batch> shaped_;
  Batch shaping_;  ///< Its changes are out of the house.
  std::size_t queued_bytes_ = 0;
  std::size_t appending_bytes_ = 0;
  std::uint64_t appending_events_ = 0;
  SteadyTime last_append_{};
  SteadyTime next_maintenance_{};

  bool standby_ = false;
  bool peek_opened_ = false;
  std::optional<Tail> watched_;              ///< What a standby saw at its last look.
  std::optional<SteadyTime> waiting_since_;  ///< Since when it has seen changes wait behind that.
  SteadyTime wake_at_{};                     ///< End of watching or of a back-off.
  Milliseconds source_delay_{0};  ///< Last delay after an error there; 0 after a success.
  Milliseconds stream_delay_{0};

  std::minstd_rand random_;
  RelayProgress progress_;
  std::vector<RelayNote> notes_;
};

}  // namespace headwater

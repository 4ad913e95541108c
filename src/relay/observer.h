// What a running relay shows: its steps (where tests crash it), its decisions (for the log), and
// its counters (for progress lines).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/base/histogram.h"
#include "src/event/change.h"
#include "src/event/position.h"
#include "src/ports/hint.h"
#include "src/ports/source.h"
#include "src/ports/stream.h"

namespace headwater {

/// The steps at which tests crash a relay, in the order of a change.
enum class Step {
  read,           ///< Changes have been read; nothing has been done with them.
  shaped,         ///< They have become events.
  before_append,  ///< The stream is about to be asked.
  after_append,   ///< They are durable in the stream; the relay does not know yet.
  acknowledged,   ///< The relay knows.
  released,       ///< The source may forget them now.
};

/// "read", "shaped", "before_append", …, by the value of Step.
constexpr std::array<std::string_view, 6> step_words{
    "read", "shaped", "before_append", "after_append", "acknowledged", "released"};
[[nodiscard]] constexpr std::string_view word_for(Step step) {
  return step_words.at(static_cast<std::size_t>(step));
}
[[nodiscard]] std::optional<Step> step_for(std::string_view word);

enum class RelayState {
  starting,     ///< Has not read the tail yet.
  leading,      ///< Reads, shapes and appends.
  standing_by,  ///< Another relay is leading, or was recently; writes nothing.
  ended,
};

/// Something a person may want to find in the log.
struct RelayNote {
  enum class Kind {
    leading,      ///< Appends from `sequence` on.
    standing_by,  ///< Another relay appended; its tail is at `sequence`.
    taking_over,  ///< The tail did not move for too long; leads from now on.
    claimed,      ///< The hint says that nobody leads any more; leads from now on.
    end_lost,     ///< The stream lost its end; continues after `sequence`, its current end.
    retrying,     ///< `error` happened; retries after `delay`.
    gap,          ///< A change reports that others are missing: `gap`.
    stopped,      ///< Has ended; with `error` if it failed.
  };
  Kind kind;
  std::uint64_t sequence = 0;
  std::optional<Error> error{};
  Milliseconds delay{0};
  std::optional<Gap> gap{};
};

/// A source or stream that fails again and again.
struct Retrying {
  SteadyTime since;   ///< The first failure after the last success.
  std::string error;  ///< Name of the newest.
};

/// How long it all took, except for the rows of a snapshot.
struct RelayDelays {
  Histogram append;   ///< A call that has appended.
  Histogram read;     ///< From a change's commit until the relay has it, by both machines' clocks.
  Histogram publish;  ///< From its commit until its event is durable in the stream.
};

/// The progress of a relay. Counters start at 0 with it.
struct RelayProgress {
  RelayState state = RelayState::starting;
  WallTime state_since;               ///< By the clock of this machine.
  std::uint64_t changes_read = 0;     ///< Read again after a doubt, counted again.
  std::uint64_t events_appended = 0;  ///< Durable.
  std::uint64_t bytes_appended = 0;   ///< In memory, roughly.
  std::uint64_t appends = 0;          ///< Including those that only moved the position.
  std::uint64_t conflicts = 0;
  std::uint64_t takeovers = 0;
  std::optional<Claim> claim;  ///< What the hint said last; nothing: there is none, or it failed.
  std::map<std::string, std::uint64_t, std::less<>> retries;  ///< By the error's name.
  std::map<std::string, std::uint64_t, std::less<>> gaps;     ///< By their reason.
  std::uint64_t tail_sequence = 0;                            ///< As last seen.
  Position position;                                          ///< Of the tail as last seen.
  /// Changes committed and not yet in the stream, read or not, as far as the source can count them.
  /// While the stream is down, this includes the events of an append in doubt.
  std::optional<std::uint64_t> backlog;
  /// Commit time of the oldest change that was read and is not known to be in the stream.
  std::optional<WallTime> oldest_waiting;
  /// Set while a leader has something to publish: since then, it has published nothing.
  std::optional<SteadyTime> waiting_since;
  RelayDelays delays;
  /// Set while a call to the source or the stream takes longer than any does that works: since when
  /// it should have returned.
  std::optional<SteadyTime> overdue_since;
  /// See Source::until_loss(); the time is counted down from the last answer. Only of a leader.
  UntilLoss until_loss;
  /// How far the source is ahead of `position`, in its own unit (Source::lag()).
  std::optional<SourceLag> source_lag;
  /// As the stream last said; only of a leader.
  StreamRoom stream_room;
  /// Set while the last try at the source or the stream failed; the longer of the two.
  std::optional<Retrying> retrying;
  /// Only during a snapshot.
  std::optional<SnapshotProgress> snapshot;
  std::size_t queue_bytes = 0;  ///< Between the lanes and in them now.
};

class RelayObserver {
 public:
  virtual ~RelayObserver() = default;

  /// Called at exactly this point, from the thread of the lane concerned, with no lock held: it may
  /// block or end the process. `read` and `shaped` only if there were changes.
  virtual void at(Step /*step*/) {}

  /// Called from any lane's thread, one at a time, while the relay is blocked. Must be short and
  /// must not call the relay.
  virtual void note(const RelayNote& /*note*/) {}
};

}  // namespace headwater

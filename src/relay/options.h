// The options of a relay. The defaults suit a small machine with a fast disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "src/base/clock.h"
#include "src/ports/source.h"

namespace headwater {

/// What a relay does when another relay of the same name is running.
enum class OnConflict {
  standby,  ///< Takes over if the stream's tail stops while the source continues.
  exit,     ///< Ends with `relay.conflict`.
};

struct RelayOptions {
  std::string name;  ///< Only for messages; the stream's writer already has it.
  OnConflict on_conflict = OnConflict::standby;
  /// Ends, without error, once everything committed before the start is in the stream.
  bool until_current = false;

  /// How long the tail must stay the same, while the source has more changes, before a standby
  /// tries to append. Decides when it tries, never whether that is safe. A standby reads the tail
  /// five times as often.
  Milliseconds takeover_after{5'000};
  /// How often the relay's hint (ports/hint.h) is asked; 0: there is none.
  Milliseconds hint_interval{0};
  /// How long a start waits for the hint's first answer.
  Milliseconds hint_patience{2'000};
  /// While the hint says that another relay leads, a standby waits so many times `takeover_after`.
  int hint_trust = 3;
  /// Whether a relay may start at an empty tail (Source::has_beginning()). If not, the stream has
  /// lost the relay's position or never had one, and the relay ends.
  bool empty_tail_is_beginning = true;
  /// How often the position is saved if only skipped changes moved it, and how often the source
  /// gets a release.
  Milliseconds position_interval{1'000};
  /// How often a leader without appends reads the tail, to see whether it has moved.
  Milliseconds tail_interval{5'000};
  /// How often a leader calls the stream's maintain(), and the shortest pause between two calls
  /// while both have more to do.
  Milliseconds maintain_interval{5'000};
  Milliseconds maintain_pause{100};
  /// How often the source is tended while nobody reads it (Source::tend_interval(), less a margin);
  /// 0: never.
  Milliseconds tend_interval{0};
  /// How long a stop waits for the current append.
  Milliseconds stop_patience{1'500};
  /// How long a read may block while nothing happens. A stop wakes it at once. One that takes much
  /// longer hangs.
  Milliseconds idle_read{30'000};
  /// How often the source is asked how long it keeps what the relay needs, and the stream how much
  /// room it has.
  Milliseconds loss_interval{30'000};

  /// First and longest pause before a retry; doubled each time, with jitter. The longest bounds how
  /// late the relay notices that a server is back.
  Milliseconds retry_first{50};
  Milliseconds retry_longest{5'000};

  /// Limits of one read and of one append. An append takes all that has been shaped by then, so it
  /// is small when the stream is fast, and grows when it is slow.
  ReadLimits read{1'024, std::size_t{1} << 20};
  ReadLimits append{4'096, std::size_t{4} << 20};
  /// The longest pause between two small appends, in which more gathers for the second: for a
  /// stream where an append costs much, however little it holds. The pause is a multiple of the
  /// time the first one took, so that a fast stream is hardly slowed down. There is no pause before
  /// the first append after an idle time, with a backlog, or with `until_current`. 0: never.
  Milliseconds append_pause{0};
  /// Bytes of changes waiting to be shaped (including those being shaped), and of events waiting to
  /// be appended (including those being appended). Exceeded by at most one read; a larger change
  /// passes alone.
  std::size_t changes_bytes = std::size_t{4} << 20;
  std::size_t events_bytes = std::size_t{8} << 20;

  /// Of the jitter in every pause. Must differ in each process, or all standbys try at once.
  std::uint64_t seed = 1;
};

}  // namespace headwater

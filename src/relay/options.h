// What can be set about a relay. The defaults are for a small machine and a quick disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "src/base/clock.h"
#include "src/ports/source.h"

namespace headwater {

/// What a relay does when it finds that another one of its name is at work.
enum class OnConflict {
  standby,  ///< Follows the stream's tail, and takes over when that stops while the source goes on.
  exit,     ///< Ends with `relay.conflict`.
};

struct RelayOptions {
  std::string name;  ///< Only for messages; the stream's writer already knows it.
  OnConflict on_conflict = OnConflict::standby;
  /// Ends, without error, once everything committed before the start is in the stream.
  bool until_current = false;

  /// How long the tail must stand still, while the source has more to give, before a standby tries
  /// to append. Decides when it tries, never whether that is safe. A standby looks at the tail five
  /// times as often.
  Milliseconds takeover_after{5'000};
  /// Whether an empty tail is a place to begin at (Source::has_beginning()). If not, the stream has
  /// lost the relay's position, or was never given one, and the relay ends.
  bool empty_tail_is_beginning = true;
  /// How often the position is saved when nothing but skipped changes moved it, and how often the
  /// source is told what it may forget.
  Milliseconds position_interval{1'000};
  /// How often a leader without appends reads the tail: whether it is still where it was left.
  Milliseconds tail_interval{5'000};
  /// How often a leader calls the stream's maintain(), and the least pause between two calls while
  /// it has appends to make and maintain() has more to do.
  Milliseconds maintain_interval{5'000};
  Milliseconds maintain_pause{100};
  /// How long a read may block when nothing at all is going on. A stop wakes it at once.
  Milliseconds idle_read{600'000};

  /// First and longest pause before a retry; doubled each time, with jitter. The longest is how
  /// late it is noticed that a server is back.
  Milliseconds retry_first{50};
  Milliseconds retry_longest{5'000};

  /// One read, and one append at the most: an append takes whatever has been shaped by then, so it
  /// is small when the stream is quick, and grows when it is slow.
  ReadLimits read{1'024, std::size_t{1} << 20};
  ReadLimits append{4'096, std::size_t{4} << 20};
  /// The longest pause between two small appends, in which more gathers for the second: for a
  /// stream where an append costs much, however little it holds. The pause is a multiple of what
  /// the first one took, so that a quick stream is hardly slowed down. There is none before the
  /// first append in a while, none while there is a backlog, and none with `until_current`. 0:
  /// never any.
  Milliseconds append_pause{0};
  /// Bytes of changes waiting to be shaped (the ones being shaped among them), and of events
  /// waiting to be appended (the ones being appended among them). Exceeded by one read at the most;
  /// a change larger than all of it passes alone.
  std::size_t changes_bytes = std::size_t{4} << 20;
  std::size_t events_bytes = std::size_t{8} << 20;

  /// Of the jitter in every pause. Different in each process, or all standbys try at once.
  std::uint64_t seed = 1;
};

}  // namespace headwater

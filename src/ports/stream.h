// The stream port: a persistent, ordered log with a compare-and-append, and its readers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/event/event.h"
#include "src/event/position.h"
#include "src/ports/durable.h"
#include "src/ports/read_limits.h"

namespace headwater {

/// The largest things that a stream stores.
struct StreamLimits {
  std::size_t event =
      std::numeric_limits<std::size_t>::max();  ///< As published_size() measures it.
};

/// What a stream holds and what it has room for, as far as that can be told.
struct StreamRoom {
  /// Age of its oldest event: how far back a reader can begin.
  std::optional<Milliseconds> history{};
  /// How much more it takes before it refuses appends.
  std::optional<std::uint64_t> bytes{};

  bool operator==(const StreamRoom&) const = default;
};

/// One relay's writer to a stream. One thread at a time calls it, but not always the same. Errors
/// have Origin::stream.
class StreamWriter {
 public:
  virtual ~StreamWriter() = default;

  /// Returns the relay's current tail, read from the stream and never from a cache. Blocks for one
  /// round trip. A relay that never appended has an empty tail. The returned tail is durable. Ends
  /// soon after `stop` is requested (then fails with retry, `stream.stopped`).
  virtual Result<Durable> tail(std::stop_token stop) = 0;
  Result<Durable> tail() { return tail({}); }

  /// Appends `events` and moves the tail to `position`, if the tail is still `expected`. If
  /// `events` is empty, only the position moves. `source` is saved in the tail. Blocks until
  /// durable, or soon after `stop` is requested (then fails with retry, `stream.stopped`).
  ///
  /// Fails with stand_by (`stream.conflict`: the tail differs; nothing was written), with retry
  /// (the append may or may not have happened: call tail() before anything else), or with stop.
  /// After a retry error the stream has all of the append or nothing. A stream without transactions
  /// may have a first part of it; the tail is then at the position of the last event of that part.
  virtual Result<Durable> append(const Tail& expected, std::span<const Event> events,
                                 const Position& position, const std::string& source,
                                 std::stop_token stop) = 0;
  Result<Durable> append(const Tail& expected, std::span<const Event> events,
                         const Position& position, const std::string& source) {
    return append(expected, events, position, source, {});
  }

  /// The same on a person's request: the events that follow may already be in the stream and are to
  /// be repeated.
  virtual Result<Durable> set_position(const Tail& expected, std::span<const Event> events,
                                       const Position& position, const std::string& source) {
    return append(expected, events, position, source);
  }

  /// Known after tail(), which may change them. Does not block.
  [[nodiscard]] virtual StreamLimits limits() const { return {}; }

  /// Housekeeping, such as retention: one small piece, at most a few tens of milliseconds. The
  /// relay calls it between appends and when idle. Returns true if there is more to do.
  virtual Result<bool> maintain() = 0;

  /// How much room the stream has. Asked now and then, between other calls. One or two quick
  /// requests, whatever the stream holds.
  virtual Result<StreamRoom> room() { return StreamRoom{}; }
};

/// First and last sequence in a stream; first is last + 1 if it is empty.
struct StreamRange {
  std::uint64_t first = 1;
  std::uint64_t last = 0;
};

/// Reads a stream from outside, at any number of places at once, while relays write. One thread.
/// Sequences rise but need not be contiguous.
class StreamReader {
 public:
  virtual ~StreamReader() = default;

  virtual Result<StreamRange> range() = 0;

  /// The life of the stream (place.h) that this reader reads, from its first successful call on.
  /// Empty: not known yet. Does not block.
  [[nodiscard]] virtual std::string life() const { return {}; }

  /// Whether the stream still has its first event, or never had one. False if that is unknown.
  virtual Result<bool> has_beginning() {
    auto known = range();
    if (!known) return failed(known);
    return known->first <= 1;
  }

  /// Returns events with sequence >= from, in order. Blocks until there is one, `wait` is over or
  /// `stop` is requested (then empty), without busy polling.
  ///
  /// Fails with stop: `stream.beyond_end` if `from` is more than one past the stream's last
  /// sequence, `stream.recreated` if the stream was deleted and created again since this reader's
  /// first read (place.h). Neither case returns an empty result.
  virtual Result<std::vector<StoredEvent>> read(std::uint64_t from, const ReadLimits& limits,
                                                Milliseconds wait, std::stop_token stop) = 0;

  /// Takes events that nobody needs any more. The next read() may put new ones in their place, which
  /// spares it the memory's allocation.
  virtual void reuse(std::vector<StoredEvent>&& /*events*/) {}

  /// Returns the last sequence that the named consumer acknowledged; nothing if it is not registered.
  /// Retention keeps what a named consumer still needs. Fails with stop: `stream.recreated` if that was in an
  /// earlier stream of this name, `stream.beyond_end` if this one has lost it since.
  virtual Result<std::optional<std::uint64_t>> acknowledged(const std::string& consumer) = 0;
  /// Registers the consumer if it is new (0 is a valid sequence for that). Never moves back. Fails
  /// as acknowledged() does, and with `stream.beyond_end` for a sequence past the stream's last.
  virtual Result<void> acknowledge(const std::string& consumer, std::uint64_t sequence) = 0;
  /// Removes the consumer, so that it can start again or retention stops waiting for it.
  virtual Result<void> forget(const std::string& consumer) = 0;
};

}  // namespace headwater

// The source port: an ordered feed of committed changes that can be resumed from a position.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/event/change.h"
#include "src/ports/durable.h"
#include "src/ports/read_limits.h"

namespace headwater {

/// The progress of a snapshot of the rows that existed before the first change.
struct SnapshotProgress {
  std::string table;        ///< The table being read now.
  std::uint64_t done = 0;   ///< Rows read in all tables; since open() if the total is unknown.
  std::uint64_t total = 0;  ///< The database's estimate, without counting them; 0: unknown.
  std::uint64_t tables_done = 0;   ///< Read to their ends.
  std::uint64_t tables_total = 0;  ///< When the snapshot was begun, or continued; 0: unknown.
};

/// Changes in commit order.
struct ChangeBatch {
  std::vector<Change> changes;
  std::size_t bytes = 0;  ///< Total footprint() of the changes.
  /// Where the feed is after `changes`. Moves without a change if everything that was read is out
  /// of scope.
  Position position;
  /// Whether everything that was committed before open() has been returned, by this batch or
  /// earlier.
  bool current = false;
  /// Changes committed but not yet returned, if the source can count them cheaply.
  std::optional<std::uint64_t> backlog;
  /// Only during a snapshot.
  std::optional<SnapshotProgress> snapshot;

  /// `size` is footprint(change).
  void add(Change&& change, std::size_t size) {
    changes.push_back(std::move(change));
    bytes += size;
  }
};

/// How far a database has got beyond a place in its history, as it measures that itself. A source
/// that counts changes says so in ChangeBatch::backlog instead.
struct SourceLag {
  enum class Unit {
    seconds,  ///< Of the database's own time.
    bytes,    ///< Of its log.
  };
  std::uint64_t amount = 0;
  Unit unit = Unit::seconds;

  bool operator==(const SourceLag&) const = default;
};

/// "seconds", "bytes"
[[nodiscard]] constexpr const char* word_for(SourceLag::Unit unit) {
  return unit == SourceLag::Unit::seconds ? "seconds" : "bytes";
}

/// How long a database still keeps what it may forget, in what it measures that.
struct UntilLoss {
  std::optional<Milliseconds> time{};    ///< If it goes on as it did.
  std::optional<std::uint64_t> bytes{};  ///< Which it may add to its log.

  bool operator==(const UntilLoss&) const = default;
};

/// One connection to a source database. Owned by one relay; one thread at a time calls it, but not
/// always the same. Errors have Origin::source.
///
/// A source returns only committed changes, and only once they are durable: a power failure after
/// read() must not undo them.
class Source {
 public:
  virtual ~Source() = default;

  /// The database's permanent name: "sqlite:<uuid>". Becomes the `source` of its events. Stays the
  /// same when the database moves to another path or host.
  [[nodiscard]] virtual std::string identity() const = 0;

  /// Whether opening at the empty position misses nothing: the database knows where its history
  /// begins, or a snapshot comes first. If not, only a person may decide to start there.
  [[nodiscard]] virtual bool has_beginning() const { return true; }

  /// Opens the feed just after `after`. An empty position means the beginning: the first change
  /// that the database knows, or otherwise the present (after a snapshot, if configured). May be
  /// called again at any time; drops what was read but not returned. Changes nothing in the
  /// database, because the caller may be wrong about leading. Blocks until the database answers, or
  /// `stop` is requested (then fails with retry, `source.stopped`).
  ///
  /// Fails with stop: `source.history_lost` (the changes after `after` are gone),
  /// `source.went_back` (the database is older than `after`), `source.other_database` (`after` is
  /// not this database's), `source.bad_position`. If the configured policy is to continue anyway,
  /// open() succeeds and the first change is the gap. A source that must write to its database for
  /// this first returns a position that records the loss, without changes, and continues after that
  /// position is released.
  virtual Result<void> open(const Position& after, std::stop_token stop) = 0;
  Result<void> open(const Position& after) { return open(after, {}); }

  /// Returns the next changes. Blocks until there is at least one or the position has moved.
  /// Returns an empty batch when `wait` is over, or within a few milliseconds after `stop` is
  /// requested. Waiting takes almost no processor time.
  virtual Result<ChangeBatch> read(const ReadLimits& limits, Milliseconds wait,
                                   std::stop_token stop) = 0;

  /// The stream durably has everything up to durable.tail().position. The source may forget that,
  /// and must keep everything after it. A leader calls it after open(), before it reads. Cheap:
  /// real work is done in small pieces, here or in read(). Never blocks the database's other users
  /// for more than a few milliseconds.
  virtual Result<void> release(const Durable& durable) = 0;

  /// How long until the database has forgotten what comes after `position`; nothing: it keeps that
  /// until it is released, or this cannot be seen. Asked now and then, between other calls of an
  /// open source. One or two quick reads.
  virtual Result<UntilLoss> until_loss(const Position& /*position*/) { return UntilLoss(); }

  /// How far the database has got beyond `position`, by what its last answer said; nothing: it says
  /// no such thing, or has not answered yet. Asks nothing and does not block. Any thread may call,
  /// even during another call.
  [[nodiscard]] virtual std::optional<SourceLag> lag(const Position& /*position*/) const {
    return std::nullopt;
  }

  /// How long the database waits for a sign of life from an open feed: a replication connection
  /// that must be answered, a cursor that expires. 0: forever.
  [[nodiscard]] virtual Milliseconds tend_interval() const { return Milliseconds(0); }
  /// Gives that sign of life. Called on an open source at least once in tend_interval() while
  /// nobody reads it: while the queues are full, or the stream is away. Must not block for long.
  /// Every other call gives the sign by itself.
  virtual Result<void> tend() { return {}; }

  /// Frees what an open feed holds in the database, such as a connection or a cursor. Called when
  /// the relay stands by. open() opens it again.
  virtual void close() {}
};

}  // namespace headwater

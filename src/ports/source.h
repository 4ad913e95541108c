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

namespace headwater {

/// A read ends at whichever comes first. One change larger than `bytes` still comes, alone.
struct ReadLimits {
  std::size_t count;
  std::size_t bytes;
};

/// How far a snapshot is: of the rows that were there before the changes began.
struct SnapshotProgress {
  std::string table;        ///< The one being read now.
  std::uint64_t done = 0;   ///< Rows read, of all tables; where unknown, since open().
  std::uint64_t total = 0;  ///< As near as the database can tell without counting them; 0: unknown.
};

/// Changes in commit order.
struct ChangeBatch {
  std::vector<Change> changes;
  std::size_t bytes = 0;  ///< footprint() of the changes, together.
  /// Once `changes` are dealt with, everything up to here has been. It may move on without any
  /// change, when all that was read is out of scope.
  Position position;
  /// Everything that was committed before open() has now been returned, by this batch or earlier.
  bool current = false;
  /// Changes committed but not yet returned, as far as the source can tell cheaply.
  std::optional<std::uint64_t> backlog;
  /// Only while rows are being read that were there before.
  std::optional<SnapshotProgress> snapshot;

  /// `size` is footprint(change).
  void add(Change change, std::size_t size) {
    changes.push_back(std::move(change));
    bytes += size;
  }
};

/// One connection to a source database. Owned by one relay; one thread at a time calls it, but not
/// always the same. Errors have Origin::source.
///
/// Only committed changes come out, and only once they are durable: a power failure after read()
/// must not take them back.
class Source {
 public:
  virtual ~Source() = default;

  /// Names the database for ever: "sqlite:<uuid>". Becomes the `source` of its events. Stays the
  /// same when the database moves to another path or host.
  [[nodiscard]] virtual std::string identity() const = 0;

  /// Whether a feed taken up at the empty position leaves nothing out: the database knows where it
  /// begins, or all that is there comes first. If not, that is only ever right by a person's word.
  [[nodiscard]] virtual bool has_beginning() const { return true; }

  /// Takes up the feed just after `after`; empty means the beginning: what the database itself
  /// knows as such, else now (a snapshot first, where one is configured). May be called again at
  /// any time: whatever was read and not yet returned is forgotten. Changes nothing in the
  /// database: whoever opens it may be wrong about leading. Blocks for as long as the database
  /// takes to answer.
  ///
  /// Fails with stop: `source.history_lost` (the changes after `after` are gone),
  /// `source.went_back` (the database is older than `after`), `source.other_database` (`after` is
  /// not this database's), `source.bad_position`. Where the configured policy says to go on
  /// nevertheless, open() succeeds and the first change is the gap. A source that has to write into
  /// its database for it first returns a position that says so, without a change, and goes on once
  /// that was released.
  virtual Result<void> open(const Position& after) = 0;

  /// The next changes. Blocks until there is at least one, until the position has moved on by
  /// itself, until `wait` is over (an empty batch), or until `stop` is requested (at most a few
  /// milliseconds later; an empty batch). Waiting costs next to no processor time.
  virtual Result<ChangeBatch> read(const ReadLimits& limits, Milliseconds wait,
                                   std::stop_token stop) = 0;

  /// Everything up to durable.tail().position is in the stream for good, so the source may forget
  /// it, and must keep what comes after. A leader calls it after open(), before it reads. Cheap:
  /// real work is done in small pieces, here or inside read(). Never holds up the database's other
  /// users for more than a few milliseconds.
  virtual Result<void> release(const Durable& durable) = 0;
};

}  // namespace headwater

// The source's side of `verify`: the rows of the tables at one point, and the events that the
// stream should have.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/error.h"
#include "src/event/change.h"
#include "src/event/event.h"
#include "src/ports/source.h"

namespace headwater {

/// What the ids alone prove, without looking at the rows.
struct IdFindings {
  std::uint64_t committed = 0;     ///< Counted by the source from its beginning to the point.
  std::uint64_t published = 0;     ///< Those of them in the stream, each counted once.
  std::uint64_t lost = 0;          ///< Should be in the stream, but are not.
  std::uint64_t repeated = 0;      ///< Extra copies.
  std::uint64_t out_of_order = 0;  ///< After an event that should follow them.
  std::uint64_t aged_out = 0;      ///< Before the stream's first event: removed by retention.
  std::uint64_t left_out = 0;      ///< Not in the stream, but reported by a gap event.
  std::uint64_t pending = 0;       ///< Committed after the relay's tail: not yet due.
  std::uint64_t unknown = 0;       ///< In the stream, but the source has no such change.
  /// Changes seen on one side, in the stream or the source, that the other side no longer has any
  /// information about. Neither a fault nor a proof.
  std::uint64_t unproven = 0;
  std::string unproven_because;  ///< In a few words.
  std::vector<std::string>
      examples;  ///< Ids of the first few that are lost, repeated or out of order.
};

/// Compares one source with a stream while its writers continue. One thread. Memory does not grow
/// with the number of rows or changes. Call in this order: begin(); observe() for every event of
/// the stream up to the tail; then, until rows() returns none, pending() until it returns none and
/// rows() once; findings().
///
/// All rows are those of one point, if the database can hold a snapshot without stopping its
/// writers. If it cannot, each call of rows() has its own point, and the pending() before it goes
/// up to the same point. So what is compared always belongs together.
class Audit {
 public:
  virtual ~Audit() = default;

  /// Fixes the point. It is not earlier than `tail`, the position in the stream's tail.
  virtual Result<void> begin(const Position& tail) = 0;

  /// Called before the first observe(): whether retention has removed events, of whichever source,
  /// from the stream's beginning.
  virtual void stream_has_aged(bool /*aged*/) {}

  /// Records one event of the stream; called in stream order. Returns false if the event's change
  /// was committed after the point, so that it must not be folded.
  virtual Result<bool> observe(const StoredEvent& stored) = 0;

  /// Returns changes that were committed up to the point of the next rows() and are neither in the
  /// stream nor returned before; empty when there are no more.
  virtual Result<std::vector<Change>> pending(const ReadLimits& limits) = 0;

  /// Returns more rows of the captured tables at the point, as Op::read changes; empty at the end.
  virtual Result<std::vector<Change>> rows(const ReadLimits& limits) = 0;

  /// If false, a row without an event is not a difference: the rows from before the capture were
  /// not requested (no snapshot).
  [[nodiscard]] virtual bool complete_from_start() const = 0;

  // A database that forgets what is in the stream has forgotten some of what came after `tail` by
  // the time at which its rows are read. Only the stream shows that then.

  /// Asked once, when rows() has returned none. If true, observe_later() follows for every event
  /// that has come after `tail` by now, and then pending() and rows() once more, for the rows that
  /// had to wait for these.
  virtual Result<bool> needs_later() { return false; }
  /// Returns whether the event must be folded.
  virtual Result<bool> observe_later(const StoredEvent& /*stored*/) { return false; }

  /// May take long. The result is meaningless once `stop` is requested.
  virtual Result<IdFindings> findings(std::stop_token stop) = 0;

  // Only some sources need the following.

  /// Whether the rows are of several databases, so that a table's name alone is ambiguous.
  [[nodiscard]] virtual bool several_databases() const { return false; }

  /// Whether rows() returns this table's rows. A rename can move a table into or out of the watched
  /// set.
  [[nodiscard]] virtual bool covers(std::string_view /*database*/,
                                    std::string_view /*table*/) const {
    return true;
  }

  /// Whether rows of this table, of which rows() has returned some, may be equal in everything.
  /// Events do not say which of them they are about: one that deletes a row deletes all in a copy.
  [[nodiscard]] virtual bool may_repeat_rows(std::string_view /*database*/,
                                             std::string_view /*table*/) const {
    return false;
  }

  /// Whether update events may carry only the differences, in `detail`, without `after`. The
  /// documents of earlier events are then kept in a temporary file for applied().
  [[nodiscard]] virtual bool tells_differences() const { return false; }

  /// Whether update events may mark a large value as unchanged instead of carrying it. The rows of
  /// earlier events are then kept, too.
  [[nodiscard]] virtual bool leaves_out_unchanged() const { return false; }

  /// The document (JSON, as in an event) after the update whose event has this `detail`; its fields
  /// may be in another order than in the database. nullopt: it cannot be computed, and the row's
  /// content is unknown until an event carries it whole again.
  [[nodiscard]] virtual std::optional<std::string> applied(std::string_view /*document*/,
                                                           std::string_view /*detail*/) const {
    return std::nullopt;
  }

  /// Why the rows cannot be compared with the stream; empty: they can.
  [[nodiscard]] virtual std::string rows_not_compared() const { return {}; }
};

}  // namespace headwater

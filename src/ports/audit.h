// The source's side of `verify`: what the tables hold at one point, and what the stream ought to
// say.
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
  std::uint64_t committed = 0;  ///< Changes the source has counted from its beginning to the point.
  std::uint64_t published = 0;  ///< Of those, in the stream, each counted once.
  std::uint64_t lost = 0;       ///< Should be in the stream, and are not.
  std::uint64_t repeated = 0;   ///< Extra copies.
  std::uint64_t out_of_order = 0;  ///< Stand behind an event that is later.
  std::uint64_t aged_out = 0;      ///< Before the stream's first event: removed by retention.
  std::uint64_t told = 0;          ///< Not in the stream, and a gap event in the stream says so.
  std::uint64_t pending = 0;       ///< Committed after the relay's tail: not yet due.
  std::uint64_t unknown = 0;  ///< In the stream, and the source says that there is no such change.
  /// Of what has been looked at, in the stream or the source: what the other side can no longer say
  /// anything of. Neither a fault nor a proof.
  std::uint64_t unproven = 0;
  std::string unproven_because;  ///< In a few words.
  std::vector<std::string>
      examples;  ///< Ids of the first few that are lost, repeated or out of order.
};

/// Compares one source with a stream while its writers go on. One thread. Memory does not grow with
/// the number of rows or changes. Used in this order: begin; observe for every event of the stream
/// up to the tail; then, until rows() gives none, pending() until it gives none and rows() once;
/// findings.
///
/// All rows are those of one point, where the database can hold one without stopping its writers.
/// Where it cannot, each call of rows() has a point of its own, and the pending() before it goes up
/// to that same point: what is compared always belongs together.
class Audit {
 public:
  virtual ~Audit() = default;

  /// Fixes the point, which is no earlier than `tail`, the position the stream's tail holds.
  virtual Result<void> begin(const Position& tail) = 0;

  /// Takes note of one event of the stream, in stream order. False: the event's change was
  /// committed after the point, so it must not be folded.
  virtual Result<bool> observe(const StoredEvent& stored) = 0;

  /// Changes committed up to the point of the next rows() and not yet in the stream or given here;
  /// empty when that is all.
  virtual Result<std::vector<Change>> pending(const ReadLimits& limits) = 0;

  /// More rows of the captured tables at the point, as Op::read changes; empty at the end.
  virtual Result<std::vector<Change>> rows(const ReadLimits& limits) = 0;

  /// False: a row that the stream says nothing of is no difference, because rows that were there
  /// before the capture began were not asked for (no snapshot).
  [[nodiscard]] virtual bool complete_from_start() const = 0;

  /// May take long. What it gives once `stop` is requested says nothing.
  virtual Result<IdFindings> findings(std::stop_token stop) = 0;

  // What follows only some sources know.

  /// The rows are of several databases, so that a table's name alone does not name it.
  [[nodiscard]] virtual bool several_databases() const { return false; }

  /// Whether rows() gives this table's rows. A rename may lead out of what is watched, or into it.
  [[nodiscard]] virtual bool covers(std::string_view /*database*/,
                                    std::string_view /*table*/) const {
    return true;
  }

  /// Events of updates may say only what changed, in `detail`, and have no `after`. The documents
  /// told before are then kept, in a temporary file, for applied().
  [[nodiscard]] virtual bool tells_differences() const { return false; }

  /// Events of updates may say of a large value only that it is unchanged. The rows told before are
  /// then kept, too.
  [[nodiscard]] virtual bool leaves_out_unchanged() const { return false; }

  /// The document (JSON, as in an event) after the update whose event has this `detail`; its fields
  /// may stand in another order than the database's. nullopt: that cannot be said, and the row's
  /// content is unknown until it is told whole again.
  [[nodiscard]] virtual std::optional<std::string> applied(std::string_view /*document*/,
                                                           std::string_view /*detail*/) const {
    return std::nullopt;
  }

  /// Why the rows cannot be compared with the stream at all; empty: they can.
  [[nodiscard]] virtual std::string rows_not_compared() const { return {}; }
};

}  // namespace headwater

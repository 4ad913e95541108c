// Joins a log of changes with the rows that were there before, in one order, without stopping
// anybody.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <stop_token>
#include <utility>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/ports/source.h"
#include "src/sources/shared/change_log.h"
#include "src/sources/shared/policies.h"
#include "src/sources/shared/table_reader.h"
#include "src/sources/shared/table_walk.h"

namespace headwater::sources {

/// Returns the rows of a piece at the point of the log at which they were read: after every change
/// up to that point, before every later one. A change to a row that is not read yet is left out,
/// because the row will be read with the change in it. If a piece contains a change that the log has
/// after one that it does not contain, its rows come between the two, and the change is left out;
/// the position says so until the log is past it. So nothing is held in the database, nothing is
/// returned twice, and after a crash the join continues at its place. Exceptions may be returned
/// twice: a row whose key cannot be compared, and the rows of a table that was renamed, or emptied
/// in another order than that of the log. For a table
/// that is dropped before its turn, changes up to the drop may come without the rows. A reader that
/// applies everything always has the database's rows up to the place, and all rows whenever a batch
/// is `current`.
///
/// Memory: what the log has read ahead, one piece, and a batch. One thread at a time.
class SnapshotJoin {
 public:
  /// All must outlive it.
  SnapshotJoin(ChangeLog& log, TableReader& tables, LargeChanges large, const Clock& clock);
  SnapshotJoin(const SnapshotJoin&) = delete;
  SnapshotJoin& operator=(const SnapshotJoin&) = delete;

  /// The log was moved: continues there with this part of the position. `given`: the position
  /// itself, if there is one.
  void begin(Place place, Position given = {});
  /// The next batch begins with this change, whose position is the log's. Until it is returned, the
  /// position is `before`.
  void put_first(Change change, Position before);

  /// See Source::read(). A change that cannot be returned comes after those before it, as the error
  /// of the next call. After an error, begin() comes first.
  Result<ChangeBatch> read(const ReadLimits& limits, Milliseconds wait,
                           const std::stop_token& stop);

  /// After all that was returned.
  [[nodiscard]] const Position& position() const { return given_; }

 private:
  enum class Reached { full, dry };
  /// A change is several hundred bytes, so it is moved as seldom as can be.
  struct Ready {
    Ready(Change&& taken, std::size_t bytes, LogPoint where)
        : change(std::move(taken)), size(bytes), point(where) {}

    Change change;
    std::size_t size = 0;  // footprint(change); without the position of one that is held
    LogPoint point;
  };
  Result<Reached> give(const ReadLimits& limits, ChangeBatch& batch, const std::stop_token& stop);
  Result<Reached> give_rows(const ReadLimits& limits, ChangeBatch& batch);
  bool pass_overlap(const LogChange* next);
  Result<void> load_piece(const std::stop_token& stop);
  Result<void> take(LogChange& next, const ReadLimits& limits, ChangeBatch& batch,
                    const std::stop_token& stop);
  void hold(LogChange& next, std::size_t size);
  void settle(bool last, const ReadLimits& limits, ChangeBatch& batch);
  void end_transaction(const ReadLimits& limits, ChangeBatch& batch);
  void put_out(Ready& ready, const ReadLimits& limits, ChangeBatch& batch);
  void set_position(Ready& ready) const;
  bool give_ready(const ReadLimits& limits, ChangeBatch& batch);
  bool add(Ready& ready, const ReadLimits& limits, ChangeBatch& batch);
  [[nodiscard]] bool moved() const;
  ChangeBatch finished(ChangeBatch batch);

  ChangeLog* log_;
  LargeChanges large_;
  const Clock* clock_;
  Place place_;  // of what has been taken from the log and the tables
  TableWalk walk_;

  Position given_;             // after all that has been returned
  LogPoint given_point_;       // the same
  LogPoint taken_point_;       // of the last change taken from the log
  std::deque<Ready> ready_;    // taken, to be returned; few
  std::optional<Ready> held_;  // of a transaction that may not be over
  Mark piece_mark_;            // of the piece at hand, or of the last one while it overlaps the log
  bool piece_due_ = false;     // all changes up to it have been taken
  std::optional<Error> error_;  // to be returned once the changes before it are
  bool current_ = false;
};

}  // namespace headwater::sources

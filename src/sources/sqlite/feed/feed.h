// The feed: changes of the log and rows of the snapshots, in order, with the position of each.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/event/change.h"
#include "src/ports/source.h"
#include "src/sources/sqlite/feed/change_maker.h"
#include "src/sources/sqlite/feed/feed_scope.h"
#include "src/sources/sqlite/feed/log_position.h"
#include "src/sources/sqlite/feed/log_reader.h"
#include "src/sources/sqlite/feed/outlet.h"
#include "src/sources/sqlite/feed/shape_book.h"
#include "src/sources/sqlite/feed/snapshot.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// The result of a piece.
enum class PieceEnd {
  more,  ///< There is more to read now.
  full,  ///< The next change does not fit into the batch.
  dry,   ///< All that is committed has been read.
};

/// All calls are inside short transactions of the caller: begin, look(), a piece, end. Never waits
/// or writes. One thread.
class Feed {
 public:
  /// `database` must outlive it.
  static Result<std::unique_ptr<Feed>> on(Database& database, FeedScope scope);

  /// Continues just after this position, which must be of this database.
  Result<void> seek(const LogPosition& position);
  /// Uses these tasks instead of the database's. Call it before seek().
  void replace_tasks(std::vector<SnapshotTask> tasks) { snapshot_.replace(std::move(tasks)); }

  /// Appends one bounded piece to `batch`, as far as it fits into `limits`, and sets the batch's
  /// position. `scan`: whether tables may be read (their shapes are known to be right).
  Result<PieceEnd> piece(const ReadLimits& limits, bool scan, ChangeBatch& batch);

  /// The newest row of the log at the last look().
  [[nodiscard]] std::int64_t head() const { return head_; }
  /// The position of what was read, which may be a little more than what was returned.
  [[nodiscard]] std::int64_t seq() const { return at_.seq; }
  /// Whether everything committed up to `seq` was returned, with every task known then.
  [[nodiscard]] bool done_up_to(std::int64_t seq) const;
  [[nodiscard]] bool scanning() const { return snapshot_.unfinished(at_.seq); }
  [[nodiscard]] std::optional<SnapshotProgress> snapshot_progress() const {
    return snapshot_.progress();
  }
  /// The part of the log that open() needs for this position: the rows after the returned number.
  [[nodiscard]] std::int64_t needed_for(const LogPosition& position) const {
    return snapshot_.needed_after(position.task, position.seq);
  }
  /// Fails with source.went_back if the last row read has changed.
  Result<void> verify();

  [[nodiscard]] LogReader& log() { return log_; }
  [[nodiscard]] ShapeBook& shapes() { return *shapes_; }
  [[nodiscard]] const FeedScope& scope() const { return *scope_; }

 private:
  Feed(std::unique_ptr<FeedScope> scope, std::unique_ptr<ShapeBook> shapes, LogReader log,
       Snapshot snapshot);

  Result<PieceEnd> read_piece(bool scan, Target to);
  Result<void> rebuild();
  Result<PieceEnd> read_log(Target to);
  Result<PieceEnd> read_tables(Target to);
  Result<void> take(LogRow& row, Target to);
  Result<void> take(SnapshotRow& row, Target to);
  [[nodiscard]] bool concerns_us(const LogRow& row) const;
  void write_task();
  [[nodiscard]] std::size_t left_in_log() const;
  void deliver(Change change, Target to);

  std::unique_ptr<FeedScope> scope_;
  ChangeMaker changes_;
  std::unique_ptr<ShapeBook> shapes_;
  LogReader log_;
  Snapshot snapshot_;
  PositionWriter positions_;

  LogPosition at_;               // of what was read
  TaskState written_;            // the task state positions_ writes
  std::uint64_t last_size_ = 0;  // of the row at_.seq
  std::int64_t head_ = 0;
  std::int64_t rebuilt_ = 0;  // log rows shown to the snapshot so far
  Outlet outlet_;
  LogRow row_;
};

}  // namespace headwater::sqlite

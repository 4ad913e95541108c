// The rows that were there before the changes: which are out already, and which come next.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/ports/source.h"
#include "src/sources/sqlite/feed/log_position.h"
#include "src/sources/sqlite/feed/log_row.h"
#include "src/sources/sqlite/feed/seen_keys.h"
#include "src/sources/sqlite/feed/table_scan.h"

namespace headwater::sqlite {

/// "Every row of this table as it was just after change `at`."
struct SnapshotTask {
  std::int64_t number = 0;
  const FeedShape* shape = nullptr;
  std::int64_t at = 0;
  std::int64_t time = 0;  ///< UTC, milliseconds: when the task was made.
};

/// A row scanned for a task.
struct SnapshotRow {
  const SnapshotTask* task = nullptr;
  ScannedRow row;
  bool changed_since = false;  ///< Its state is out already, or it was not there: leave it out.
};

/// One exact point per task, without stopping anybody: while the table is scanned in the order of
/// its key, the changes are read beside it. The first change of a row the scan has not reached says
/// by its before image what the row was; from then on the scan leaves that row out. All calls
/// inside a transaction of the caller's, except resume(), replace() and end(). One thread.
class Snapshot {
 public:
  /// The database and the book must outlive it. Tasks of tables out of scope count as done.
  static Result<Snapshot> on(Database& database, ShapeBook& shapes, const std::string& relay,
                             std::uint64_t max_row);

  /// Goes on where a position is. The changes from rebuild_after() on up to the position must be
  /// shown to touch() before anything else.
  Result<void> resume(const TaskState& state);
  /// These tasks instead of the database's.
  void replace(std::vector<SnapshotTask> tasks);
  /// Whether the tables are known to be what the shapes say, as long as this transaction lasts. A
  /// table that cannot be read then is an error; else it may have been changed, and the log will
  /// say so.
  void trust(bool tables_are_as_shaped) { trusted_ = tables_are_as_shaped; }
  /// Notices new tasks.
  Result<void> refresh();

  /// The last change that no unfinished task needs to see; `seq` if there is no such task.
  [[nodiscard]] std::int64_t rebuild_after(std::int64_t seq) const;

  /// The same for another, older or equal state.
  [[nodiscard]] std::int64_t needed_after(const TaskState& state, std::int64_t seq) const;

  /// Shows it a change, in order. Gives the task for which the row's state before the change has
  /// to go out first; nullptr for most.
  Result<const SnapshotTask*> touch(const LogRow& row);

  /// The next row of the scan; only when all changes of this read snapshot, up to `head`, have been
  /// shown. nullopt: nothing is left to scan.
  Result<std::optional<SnapshotRow>> next(std::int64_t head);
  /// Whether a task is unfinished that a scan could go on with at `head`.
  [[nodiscard]] bool unfinished(std::int64_t head) const;
  /// To be called before the transaction ends.
  void end();

  [[nodiscard]] const TaskState& state() const { return state_; }
  /// While there is something to scan. Rows count since resume(); how many there are is not known:
  /// SQLite would have to count them.
  [[nodiscard]] std::optional<SnapshotProgress> progress() const;
  /// Number of the last task known.
  [[nodiscard]] std::int64_t last_task() const;

 private:
  Snapshot(Database& database, ShapeBook& shapes, std::string relay, std::uint64_t max_row,
           SeenKeys seen, Statement newest, Statement load);

  [[nodiscard]] bool open(const SnapshotTask& task) const;
  void look_for_open();
  [[nodiscard]] const SnapshotTask* task_of(const LogRow& row) const;
  [[nodiscard]] bool overtaken(const SnapshotTask& task, std::int64_t head) const;
  Result<bool> reached(const SnapshotTask& task, std::span<const Value> key);
  Result<bool> see(const SnapshotTask& task, std::span<const Value> key);
  Result<const SnapshotTask*> current(std::int64_t head);
  Result<void> begin_scan(const SnapshotTask& task);
  Result<void> cannot_scan(const SnapshotTask& task, Error error);
  void finish(const SnapshotTask& task);

  Database* database_;
  ShapeBook* shapes_;
  std::string relay_;
  std::uint64_t max_row_;
  SeenKeys seen_;
  Statement newest_;
  Statement load_;

  std::deque<SnapshotTask> tasks_;  // by number; pointers to them stay valid
  std::int64_t newest_task_ = 0;
  bool replaced_ = false;
  bool trusted_ = false;
  TaskState state_;
  std::vector<std::int64_t> dropped_;  // tasks whose table has gone
  bool any_open_ = false;
  std::uint64_t rows_scanned_ = 0;
  const SnapshotTask* current_ = nullptr;  // what next() goes on with inside this transaction
  const SnapshotTask* scanned_ = nullptr;
  std::optional<TableScan> scan_;  // of scanned_; none if the table is not what it was
  bool scan_trusted_ = false;      // trusted_ when that was found
  std::string key_;
};

}  // namespace headwater::sqlite

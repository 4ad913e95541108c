// The rows from before the changes: which were returned already, and which are next.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/ports/source.h"
#include "src/sources/shared/ledger/seen_keys.h"
#include "src/sources/sqlite/feed/log_position.h"
#include "src/sources/sqlite/feed/log_row.h"
#include "src/sources/sqlite/feed/table_scan.h"

namespace headwater::sqlite {

/// A task: read every row of this table as of change `at`.
struct SnapshotTask {
  std::int64_t number = 0;
  const FeedShape* shape = nullptr;
  std::int64_t at = 0;
  std::int64_t time = 0;   ///< UTC, milliseconds: when the task was created.
  std::string filter{};    ///< Only rows that it selects; empty: all.
  bool requested = false;  ///< By `headwater snapshot`; its rows' ids then contain its number.
};

/// A row scanned for a task.
struct SnapshotRow {
  const SnapshotTask* task = nullptr;
  ScannedRow row;
  /// Its state was returned already, or it did not exist, or the filter does not select it.
  bool skip = false;
};

/// Reads each task at one exact point without blocking writers: while the table is scanned in the
/// order of its key, the changes are read next to it. The first change of a row that the scan has
/// not reached has the row's old state in its before image; from then on the scan skips that row.
/// All calls except resume(), replace() and end() are inside a transaction of the caller. One
/// thread.
class Snapshot {
 public:
  /// The database and the book must outlive it. Tasks of tables out of scope count as done.
  static Result<Snapshot> on(Database& database, ShapeBook& shapes, const std::string& relay,
                             std::uint64_t max_row);

  /// Continues at a position. Pass the changes after rebuild_after() up to the position to touch()
  /// before anything else.
  Result<void> resume(const TaskState& state);
  /// Uses these tasks instead of the database's.
  void replace(std::vector<SnapshotTask> tasks);
  /// Whether the tables are known to match their shapes during this transaction. If so, a table
  /// that cannot be read is an error; otherwise it may have changed, and the log will report that.
  void trust(bool tables_are_as_shaped) { trusted_ = tables_are_as_shaped; }
  /// Notices new tasks.
  Result<void> refresh();

  /// The last change that no unfinished task needs; `seq` if there is no such task.
  [[nodiscard]] std::int64_t rebuild_after(std::int64_t seq) const;

  /// The same for another, older or equal state.
  [[nodiscard]] std::int64_t needed_after(const TaskState& state, std::int64_t seq) const;

  /// Takes each change, in order. Returns the task for which the row's state before the change must
  /// be returned first; nullptr for most changes.
  Result<const SnapshotTask*> touch(const LogRow& row);

  /// Returns the next row of the scan. Call it only after all changes of this read snapshot, up to
  /// `head`, were passed to touch(). nullopt: nothing is left to scan.
  Result<std::optional<SnapshotRow>> next(std::int64_t head);
  /// Whether there is an unfinished task that a scan could continue at `head`.
  [[nodiscard]] bool unfinished(std::int64_t head) const;
  /// Call it before the transaction ends.
  void end();

  [[nodiscard]] const TaskState& state() const { return state_; }
  /// Set while there is something to scan. Rows count since resume(); the total is unknown, because
  /// SQLite would have to count them.
  [[nodiscard]] std::optional<SnapshotProgress> progress() const;

 private:
  Snapshot(Database& database, ShapeBook& shapes, std::string relay, std::uint64_t max_row,
           sources::SeenKeys seen, Statement newest, Statement load);

  [[nodiscard]] bool open(const SnapshotTask& task) const;
  void look_for_open();
  [[nodiscard]] const SnapshotTask* task_of(const LogRow& row) const;
  [[nodiscard]] bool superfluous(const SnapshotTask& task) const;
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
  sources::SeenKeys seen_;
  Statement newest_;
  Statement load_;

  std::deque<SnapshotTask> tasks_;  // by number; pointers to them stay valid
  std::int64_t newest_task_ = 0;
  bool replaced_ = false;
  bool trusted_ = false;
  TaskState state_;
  std::vector<std::int64_t> dropped_;  // tasks whose table was dropped
  bool any_open_ = false;
  std::uint64_t rows_scanned_ = 0;
  const SnapshotTask* current_ = nullptr;  // where next() continues inside this transaction
  const SnapshotTask* scanned_ = nullptr;
  std::optional<TableScan> scan_;  // of scanned_; none if the table has changed
  bool scan_trusted_ = false;      // trusted_ when that was found
  std::string key_;
};

}  // namespace headwater::sqlite

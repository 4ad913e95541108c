#include "src/sources/sqlite/feed/snapshot.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "src/base/invariant.h"
#include "src/sources/sqlite/feed/key_text.h"

namespace headwater::sqlite {
namespace {

Error unreadable(const SnapshotTask& task, Error error) {
  if (error.name != "source.sql_error") return error;
  const std::string& table = task.shape->table;
  // A filter may fail at one row only.
  if (!task.filter.empty()) {
    error.name = "source.bad_filter";
    error.message = "the rows of table " + table +
                    " that `headwater snapshot` asked for cannot be read: " + error.message;
    error.next = "give the request up: headwater position -c FILE set latest";
    return error;
  }
  error.name = "source.unreadable_table";
  error.message = "the rows of table " + table + " cannot be read: " + error.message;
  error.next = "headwater check -c FILE; change the table, or remove it from `tables`";
  return error;
}

}  // namespace

Result<Snapshot> Snapshot::on(Database& database, ShapeBook& shapes, const std::string& relay,
                              std::uint64_t max_row) {
  auto seen = sources::SeenKeys::make();
  if (!seen) return failed(seen);
  auto newest = database.prepare("SELECT max(task) FROM _headwater_snapshots");
  if (!newest) return failed(newest);
  auto load = database.prepare(
      "SELECT task, shape, at, time, reason FROM _headwater_snapshots WHERE task > ? "
      "AND (relay IS NULL OR relay = ?) ORDER BY task");
  if (!load) return failed(load);
  return Snapshot(database, shapes, relay, max_row, std::move(*seen), std::move(*newest),
                  std::move(*load));
}

Snapshot::Snapshot(Database& database, ShapeBook& shapes, std::string relay, std::uint64_t max_row,
                   sources::SeenKeys seen, Statement newest, Statement load)
    : database_(&database),
      shapes_(&shapes),
      relay_(std::move(relay)),
      max_row_(max_row),
      seen_(std::move(seen)),
      newest_(std::move(newest)),
      load_(std::move(load)) {}

Result<void> Snapshot::resume(const TaskState& state) {
  end();
  scan_.reset();
  scanned_ = nullptr;
  dropped_.clear();
  rows_scanned_ = 0;
  state_ = state;
  if (!replaced_) {
    tasks_.clear();
    newest_task_ = state.task - 1;
    if (auto read = refresh(); !read) return read;
  }
  look_for_open();
  return seen_.clear();
}

void Snapshot::replace(std::vector<SnapshotTask> tasks) {
  tasks_.assign(tasks.begin(), tasks.end());
  replaced_ = true;
  look_for_open();
}

Result<void> Snapshot::refresh() {
  if (replaced_) return {};
  auto there = newest_.step();
  if (!there) return failed(there);
  const std::int64_t newest = newest_.integer(0);
  newest_.reset();
  if (newest <= newest_task_) return {};
  // An error in between must not leave half of them.
  std::vector<SnapshotTask> added;
  load_.bind(0, newest_task_).bind_text(1, relay_);
  for (;;) {
    auto row = load_.step();
    if (!row) return failed(row);
    if (!*row) break;
    auto shape = shapes_->find(load_.integer(1));
    if (!shape) {
      load_.reset();
      return failed(shape);
    }
    if (!(*shape)->in_scope) continue;
    const std::string_view reason = load_.bytes(4);
    const bool filtered = reason.starts_with(requested_where);
    added.push_back({.number = load_.integer(0),
                     .shape = *shape,
                     .at = load_.integer(2),
                     .time = load_.integer(3),
                     .filter = std::string(filtered ? reason.substr(requested_where.size()) : ""),
                     .requested = reason.starts_with(requested_by_a_person)});
  }
  load_.reset();
  for (const SnapshotTask& task : added) {
    invariant(tasks_.empty() || task.number > tasks_.back().number,
              "a new task has the greatest number");
    tasks_.push_back(task);
  }
  newest_task_ = newest;
  look_for_open();
  return {};
}

bool Snapshot::open(const SnapshotTask& task) const {
  const bool under_way = task.number == state_.task && !state_.cursor.empty();
  return (task.number > state_.task || under_way) &&
         std::ranges::find(dropped_, task.number) == dropped_.end();
}

void Snapshot::look_for_open() {
  any_open_ = std::ranges::any_of(tasks_, [&](const auto& task) { return open(task); });
}

std::int64_t Snapshot::rebuild_after(std::int64_t seq) const {
  std::int64_t after = seq;
  for (const auto& task : tasks_) {
    if (open(task)) after = std::min(after, task.at);
  }
  return after;
}

std::int64_t Snapshot::needed_after(const TaskState& state, std::int64_t seq) const {
  std::int64_t after = seq;
  for (const auto& task : tasks_) {
    const bool done =
        task.number < state.task || (task.number == state.task && state.cursor.empty());
    if (!done) after = std::min(after, task.at);
  }
  return after;
}

bool Snapshot::unfinished(std::int64_t head) const {
  return std::ranges::any_of(tasks_,
                             [&](const auto& task) { return task.at <= head && open(task); });
}

const SnapshotTask* Snapshot::task_of(const LogRow& row) const {
  const SnapshotTask* found = nullptr;
  for (const auto& task : tasks_) {
    if (task.at >= row.seq || task.shape->table != row.shape->table) continue;
    if (!superfluous(task)) found = &task;
  }
  return found != nullptr && open(*found) ? found : nullptr;
}

/// An earlier task reads all rows of the table. Only if the relay was sent back: a request waits for
/// the tasks before it.
bool Snapshot::superfluous(const SnapshotTask& task) const {
  return !task.filter.empty() && std::ranges::any_of(tasks_, [&](const auto& other) {
    return other.number < task.number && other.shape->table == task.shape->table && open(other);
  });
}

/// A later task reads the table again, so this one has nothing left to read.
bool Snapshot::overtaken(const SnapshotTask& task, std::int64_t head) const {
  return std::ranges::any_of(tasks_, [&](const auto& other) {
    return other.number > task.number && other.at <= head && other.filter.empty() &&
           other.shape->table == task.shape->table;
  });
}

Result<const SnapshotTask*> Snapshot::touch(const LogRow& row) {
  if (!any_open_ || row.shape == nullptr || row.op == LogOp::gap) return nullptr;
  const SnapshotTask* task = task_of(row);
  if (task == nullptr) return nullptr;
  if (row.op == LogOp::drop) {
    dropped_.push_back(task->number);
    return nullptr;
  }
  if (task->shape != row.shape) return nullptr;

  bool first = false;
  const auto note = [&](std::span<const Value> image, bool was_there) -> Result<void> {
    const auto key = row.too_large ? row.key : key_of(*row.shape, image);
    if (key.empty()) return {};
    auto fresh = see(*task, key);
    if (!fresh) return failed(fresh);
    first = first || (*fresh && was_there);
    return {};
  };
  if (row.op != LogOp::insert) {
    if (auto noted = note(row.before, true); !noted) return failed(noted);
  }
  if (row.op != LogOp::remove) {
    if (auto noted = note(row.after, false); !noted) return failed(noted);
  }
  // With a filter: the change itself has the row, or removes it.
  return first && task->filter.empty() ? task : nullptr;
}

/// Returns true if neither the scan nor an earlier change has reached it.
Result<bool> Snapshot::see(const SnapshotTask& task, std::span<const Value> key) {
  auto passed = reached(task, key);
  if (!passed) return passed;
  if (*passed) return false;
  key_.clear();
  append_key_text(key_, key);
  return seen_.add(task.number, key_);
}

Result<bool> Snapshot::reached(const SnapshotTask& task, std::span<const Value> key) {
  if (task.number != state_.task) return false;
  if (auto begun = begin_scan(task); !begun) return failed(begun);
  // The table is no longer the scanned one; the next rows in the log report that and void its rows.
  if (!scan_) return true;
  return scan_->reached(key);
}

Result<void> Snapshot::begin_scan(const SnapshotTask& task) {
  // While the schema was not trusted, another table's change may have made the scan fail, so it is
  // tried again.
  if (scanned_ == &task && (scan_ || scan_trusted_ == trusted_)) return {};
  scanned_ = &task;
  scan_trusted_ = trusted_;
  scan_.reset();
  auto scan = TableScan::make(*database_, *task.shape, max_row_, task.filter);
  if (!scan) return cannot_scan(task, std::move(scan.error()));
  scan_.emplace(std::move(*scan));
  scan_->seek(task.number == state_.task ? state_.cursor : std::vector<Value>{});
  return {};
}

void Snapshot::finish(const SnapshotTask& task) {
  invariant(task.number >= state_.task, "tasks of a snapshot are done in their order");
  for (const auto& other : tasks_) {
    const bool covered = other.number > task.number && other.shape->table == task.shape->table;
    if (covered && superfluous(other)) dropped_.push_back(other.number);
  }
  state_ = {.task = task.number, .cursor = {}};
  current_ = nullptr;
  look_for_open();
  if (scanned_ == &task) {
    scanned_ = nullptr;
    scan_.reset();
  }
}

/// Not an error if the table may differ from the one of the task.
Result<void> Snapshot::cannot_scan(const SnapshotTask& task, Error error) {
  auto present = shapes_->present(task.shape->table);
  if (!present) return failed(present);
  const bool as_shaped = trusted_ && *present == task.shape;
  // Tasks of an audit have no log row that would explain why they are void.
  if (!as_shaped && !replaced_ && error.remedy != Remedy::retry) return {};
  scanned_ = nullptr;
  return fail(unreadable(task, std::move(error)));
}

/// The task to scan for now, with scan_ ready; nullptr if there is none.
Result<const SnapshotTask*> Snapshot::current(std::int64_t head) {
  if (current_ != nullptr || !any_open_) return current_;
  for (const auto& task : tasks_) {
    if (task.number < state_.task || (task.number == state_.task && state_.cursor.empty())) {
      continue;
    }
    if (task.at > head) return nullptr;
    auto present = shapes_->present(task.shape->table);
    if (!present) return failed(present);
    if (open(task) && *present == task.shape && !overtaken(task, head)) {
      if (auto begun = begin_scan(task); !begun) return failed(begun);
      if (scan_) return current_ = &task;
    }
    finish(task);
  }
  return nullptr;
}

Result<std::optional<SnapshotRow>> Snapshot::next(std::int64_t head) {
  for (;;) {
    auto task = current(head);
    if (!task) return failed(task);
    if (*task == nullptr) return std::nullopt;
    SnapshotRow result{.task = *task, .row = {}};
    auto there = scan_->next(result.row);
    if (!there) return fail(unreadable(**task, std::move(there.error())));
    if (!*there) {
      finish(**task);
      continue;
    }
    invariant((*task)->number >= state_.task, "tasks of a snapshot are done in their order");
    // Without a key, the task would count as done.
    invariant(!result.row.key.empty(), "a scanned row has a key");
    state_ = {.task = (*task)->number, .cursor = result.row.key};
    ++rows_scanned_;
    result.skip = !result.row.selected;
    if (!result.skip && !seen_.empty()) {
      auto seen = seen_.has((*task)->number, key_text(result.row.key));
      if (!seen) return failed(seen);
      result.skip = *seen;
    }
    return result;
  }
}

std::optional<SnapshotProgress> Snapshot::progress() const {
  const auto now = std::ranges::find_if(tasks_, [&](const auto& task) { return open(task); });
  if (now == tasks_.end()) return std::nullopt;
  return SnapshotProgress{.table = now->shape->table, .done = rows_scanned_, .total = 0};
}

void Snapshot::end() {
  current_ = nullptr;
  if (scan_) scan_->end();
}

}  // namespace headwater::sqlite

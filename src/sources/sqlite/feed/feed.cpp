#include "src/sources/sqlite/feed/feed.h"

#include <algorithm>
#include <utility>

#include "src/base/invariant.h"
#include "src/event/short_key.h"
#include "src/sources/sqlite/capture/rows.h"
#include "src/sources/sqlite/feed/ids.h"
#include "src/sources/sqlite/feed/key_text.h"

namespace headwater::sqlite {
namespace {

// The most that one transaction reads: about a millisecond, because in rollback-journal mode no
// writer can commit during it.
constexpr std::size_t rows_in_piece = 512;
constexpr std::size_t bytes_per_piece = std::size_t{1} << 20U;

std::string text_of(const Value& value) {
  if (const auto* text = std::get_if<Text>(&value)) return text->bytes;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
  return {};
}

WallTime time_of(std::int64_t milliseconds) { return WallTime(Milliseconds(milliseconds)); }

Error too_large(const FeedScope& scope, const std::string& table, std::span<const Value> key,
                std::uint64_t size) {
  return {.remedy = Remedy::stop,
          .origin = Origin::source,
          .name = "source.change_too_large",
          .message = "a change of table " + table + ", key " + in_few_bytes(key_text(key)) +
                     ", has " + std::to_string(size) +
                     " bytes or more; the limit (max_change) is " +
                     std::to_string(scope.max_change),
          .next =
              "raise max_change of the source in the configuration, or set on_large_change: gap to "
              "publish a gap event instead"};
}

}  // namespace

bool FeedScope::wants(const std::string& table) const { return asks_for(tables, table); }

Result<std::unique_ptr<Feed>> Feed::on(Database& database, FeedScope given) {
  auto scope = std::make_unique<FeedScope>(std::move(given));
  auto shapes = ShapeBook::on(
      database, [wanted = scope.get()](const std::string& table) { return wanted->wants(table); });
  if (!shapes) return failed(shapes);
  auto book = std::make_unique<ShapeBook>(std::move(*shapes));
  auto log = LogReader::on(database, *book, scope->max_change);
  if (!log) return failed(log);
  auto snapshot = Snapshot::on(database, *book, scope->relay, scope->max_change);
  if (!snapshot) return failed(snapshot);
  return std::unique_ptr<Feed>(
      new Feed(std::move(scope), std::move(book), std::move(*log), std::move(*snapshot)));
}

Feed::Feed(std::unique_ptr<FeedScope> scope, std::unique_ptr<ShapeBook> shapes, LogReader log,
           Snapshot snapshot)
    : scope_(std::move(scope)),
      shapes_(std::move(shapes)),
      log_(std::move(log)),
      snapshot_(std::move(snapshot)),
      positions_(scope_->uuid) {}

Result<void> Feed::seek(const LogPosition& position) {
  log_.end();
  outlet_.clear();
  at_ = position;
  if (auto resumed = snapshot_.resume(position.task); !resumed) return resumed;
  rebuilt_ = snapshot_.rebuild_after(at_.seq);
  write_task();
  return {};
}

Result<void> Feed::verify() {
  // A huge row is not worth loading twice; the next one suffices.
  if (!at_.hash || last_size_ > bytes_per_piece) return {};
  auto hash = log_.fingerprint(at_.seq, at_.hash);
  if (!hash) return failed(hash);
  if (*hash == at_.hash) return {};
  auto least = log_.least();
  if (!least) return failed(least);
  // Another process of this relay was further and released it, so there is nothing to compare with.
  if (!*hash && *least > at_.seq) return {};
  return fail({.remedy = Remedy::retry,
               .origin = Origin::source,
               .name = "source.went_back",
               .message = "change " + std::to_string(at_.seq) + " has changed since it was read",
               .next = "headwater check -c FILE"});
}

bool Feed::done_up_to(std::int64_t seq) const {
  return outlet_.empty() && at_.seq >= seq && rebuilt_ >= at_.seq && !snapshot_.unfinished(seq);
}

Result<PieceEnd> Feed::piece(const ReadLimits& limits, bool scan, ChangeBatch& batch) {
  const std::int64_t before = at_.seq;
  auto end = read_piece(scan, {limits, batch});
  invariant(at_.seq >= before, "a position never goes back");
  log_.end();
  snapshot_.end();
  write_task();
  if (end && outlet_.empty()) {
    batch.position = positions_.at(at_.seq, at_.hash, at_.read_ahead);
  } else if (!batch.changes.empty()) {
    // The failed piece may already have moved the scan's place, but it was not processed.
    batch.position = batch.changes.back().position;
  }
  return end;
}

Result<PieceEnd> Feed::read_piece(bool scan, Target to) {
  auto head = log_.head();
  if (!head) return failed(head);
  head_ = *head;
  snapshot_.trust(scan);
  if (auto refreshed = snapshot_.refresh(); !refreshed) return failed(refreshed);
  if (!outlet_.flush(left_in_log(), to)) return PieceEnd::full;
  if (rebuilt_ < at_.seq) {
    auto rebuilt = rebuild();
    if (!rebuilt) return failed(rebuilt);
    return PieceEnd::more;
  }
  auto end = read_log(to);
  if (!end || *end != PieceEnd::dry || !scan) return end;
  return read_tables(to);
}

/// After a restart: finds the rows that the changes before our position touched.
Result<void> Feed::rebuild() {
  log_.seek(rebuilt_);
  for (std::size_t rows = 0; rows < rows_in_piece && rebuilt_ < at_.seq; ++rows) {
    auto there = log_.next(row_);
    if (!there) return failed(there);
    if (!*there || row_.seq > at_.seq) break;
    if (auto touched = snapshot_.touch(row_); !touched) return failed(touched);
    rebuilt_ = row_.seq;
  }
  return {};
}

Result<PieceEnd> Feed::read_log(Target to) {
  std::size_t bytes = 0;
  log_.seek(at_.seq);
  for (std::size_t rows = 0; rows < rows_in_piece && bytes < bytes_per_piece; ++rows) {
    auto there = log_.next(row_);
    if (!there) return failed(there);
    if (!*there) return PieceEnd::dry;
    bytes += row_.size;
    if (auto taken = take(row_, to); !taken) return failed(taken);
    if (!outlet_.empty() || to.full()) return PieceEnd::full;
  }
  return PieceEnd::more;
}

Result<PieceEnd> Feed::read_tables(Target to) {
  std::size_t bytes = 0;
  for (std::size_t rows = 0; rows < rows_in_piece && bytes < bytes_per_piece; ++rows) {
    auto row = snapshot_.next(head_);
    if (!row) return failed(row);
    if (!*row) return PieceEnd::dry;
    if ((*row)->changed_since) continue;
    bytes += (*row)->row.size;
    if (auto taken = take(**row, to); !taken) return failed(taken);
    if (!outlet_.empty() || to.full()) return PieceEnd::full;
  }
  return PieceEnd::more;
}

bool Feed::concerns_us(const LogRow& row) const {
  if (row.op == LogOp::gap && !std::holds_alternative<std::monostate>(row.said.back()) &&
      text_of(row.said.back()) != scope_->relay) {
    return false;
  }
  return row.shape == nullptr || row.shape->in_scope;
}

Result<void> Feed::take(LogRow& row, Target to) {
  invariant(row.seq > at_.seq, "rows of the log come in their order");
  const bool concerned = concerns_us(row);
  // A gap may skip numbers, so that none is assigned twice (see lost_position.h).
  if (row.seq != at_.seq + 1 && row.op != LogOp::gap) {
    // open() must decide: another process of this relay may be further and have released it.
    return fail({.remedy = Remedy::retry,
                 .origin = Origin::source,
                 .name = "source.history_lost",
                 .message = "the change log goes from change " + std::to_string(at_.seq) + " to " +
                            std::to_string(row.seq) + ": the rows between them are gone",
                 .next = "headwater check -c FILE"});
  }
  if (concerned && !row.can_be_told() && !scope_->gap_for_large) {
    return fail(too_large(*scope_, row.shape->table, row.key, row.size));
  }
  if (concerned) {
    auto task = snapshot_.touch(row);
    if (!task) return failed(task);
    if (*task != nullptr && !at_.read_ahead) {
      if (row.too_large && !scope_->gap_for_large) {
        return fail(too_large(*scope_, row.shape->table, row.key, row.size));
      }
      at_.read_ahead = true;
      auto key = row.too_large ? row.key : key_of(*row.shape, row.before);
      deliver(row.too_large ? large_read(**task, std::move(key), row.size)
                            : read_of(**task, std::vector<Value>(row.before)),
              to);
    }
  }
  at_.seq = row.seq;
  at_.hash = row.hash;
  last_size_ = row.size;
  at_.read_ahead = false;
  rebuilt_ = row.seq;
  if (concerned) deliver(change_of(row), to);
  return {};
}

Result<void> Feed::take(SnapshotRow& found, Target to) {
  write_task();
  const SnapshotTask& task = *found.task;
  ScannedRow& row = found.row;
  if (!row.too_large) {
    deliver(read_of(task, std::move(row.image)), to);
    return {};
  }
  if (!scope_->gap_for_large) {
    return fail(too_large(*scope_, task.shape->table, row.key, row.size));
  }
  deliver(large_read(task, std::move(row.key), row.size), to);
  return {};
}

Change Feed::change_of(LogRow& row) const {
  Change change;
  change.op = Op::gap;
  change.id = change_id(scope_->uuid, row.seq);
  change.database = scope_->database;
  if (row.shape != nullptr) change.table = row.shape->table;
  change.time = time_of(row.time);
  if (!row.can_be_told()) {
    leave_gap(change, TableRow{.columns = row.shape->key_columns, .values = std::move(row.key)},
              row.size);
    return change;
  }
  const auto image = [&](std::vector<Value>& values) {
    return row_of(*row.shape, std::move(values));
  };
  // A change that is too large has the new state of the row, not the old one.
  const auto image_before = [&]() -> std::optional<Row> {
    if (row.too_large) return std::nullopt;
    return image(row.before);
  };
  switch (row.op) {
    case LogOp::insert:
      change.op = Op::insert;
      change.key =
          TableRow{.columns = row.shape->key_columns, .values = key_of(*row.shape, row.after)};
      change.after = image(row.after);
      break;
    case LogOp::update:
      change.op = Op::update;
      change.key =
          TableRow{.columns = row.shape->key_columns, .values = key_of(*row.shape, row.after)};
      change.before = image_before();
      change.after = image(row.after);
      break;
    case LogOp::remove:
      change.op = Op::remove;
      change.key = TableRow{.columns = row.shape->key_columns,
                            .values = row.too_large ? row.key : key_of(*row.shape, row.before)};
      change.before = image_before();
      break;
    case LogOp::drop:
      change.op = Op::drop;
      break;
    case LogOp::gap:
      change.gap = Gap{.reason = text_of(row.said[0]),
                       .from = text_of(row.said[1]),
                       .to = text_of(row.said[2]),
                       .restated = row.said[3] == Value(std::int64_t{1})};
      break;
  }
  return change;
}

void Feed::leave_gap(Change& change, Row key, std::uint64_t size) const {
  change.op = Op::gap;
  change.key = std::move(key);
  change.gap = Gap{.reason = "a change of " + std::to_string(size) +
                             " bytes or more is larger than max_change (" +
                             std::to_string(scope_->max_change) + ")",
                   .from = change.id,
                   .to = change.id,
                   .restated = false};
}

Change Feed::bare_read(const SnapshotTask& task, std::vector<Value> key) const {
  Change change;
  change.op = Op::read;
  change.id = read_id(scope_->uuid, task.at, task.shape->id, task.shape->table, key);
  change.database = scope_->database;
  change.table = task.shape->table;
  change.time = time_of(task.time);
  change.key = TableRow{.columns = task.shape->key_columns, .values = std::move(key)};
  return change;
}

Change Feed::read_of(const SnapshotTask& task, std::vector<Value> image) const {
  Change change = bare_read(task, key_of(*task.shape, image));
  change.after = row_of(*task.shape, std::move(image));
  return change;
}

Change Feed::large_read(const SnapshotTask& task, std::vector<Value> key,
                        std::uint64_t size) const {
  Change change = bare_read(task, std::move(key));
  Row row = *std::move(change.key);
  leave_gap(change, std::move(row), size);
  return change;
}

void Feed::write_task() {
  if (snapshot_.state() == written_) return;
  written_ = snapshot_.state();
  positions_.task(written_);
}

std::size_t Feed::left_in_log() const {
  return static_cast<std::size_t>(std::max<std::int64_t>(head_ - at_.seq, 0));
}

/// The change is complete; it is returned as soon as there is space.
void Feed::deliver(Change change, Target to) {
  change.position = positions_.at(at_.seq, at_.hash, at_.read_ahead);
  outlet_.put(std::move(change), left_in_log(), to);
}

}  // namespace headwater::sqlite

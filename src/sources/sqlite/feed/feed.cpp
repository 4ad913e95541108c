#include "src/sources/sqlite/feed/feed.h"

#include <algorithm>
#include <utility>

#include "src/base/invariant.h"
#include "src/ports/loss.h"
#include "src/sources/sqlite/capture/rows.h"

namespace headwater::sqlite {
namespace {

// The most that one transaction reads: about a millisecond, because in rollback-journal mode no
// writer can commit during it.
constexpr std::size_t rows_in_piece = 512;
constexpr std::size_t bytes_per_piece = std::size_t{1} << 20U;

}  // namespace

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
      changes_(*scope_),
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
               .name = std::string(went_back),
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
    if ((*row)->skip) continue;
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
                 .name = std::string(history_lost),
                 .message = "the change log goes from change " + std::to_string(at_.seq) + " to " +
                            std::to_string(row.seq) + ": the rows between them are gone",
                 .next = "headwater check -c FILE"});
  }
  if (concerned && !row.can_be_told() && scope_->on_large == OnLarge::stop) {
    return fail(changes_.too_large(row.shape->table, row.key, row.size));
  }
  if (concerned) {
    auto task = snapshot_.touch(row);
    if (!task) return failed(task);
    if (*task != nullptr && !at_.read_ahead) {
      if (row.too_large && scope_->on_large == OnLarge::stop) {
        return fail(changes_.too_large(row.shape->table, row.key, row.size));
      }
      at_.read_ahead = true;
      auto key = row.too_large ? row.key : key_of(*row.shape, row.before);
      deliver(row.too_large ? changes_.large_read(**task, std::move(key), row.size)
                            : changes_.read_of(**task, std::vector<Value>(row.before)),
              to);
    }
  }
  at_.seq = row.seq;
  at_.hash = row.hash;
  last_size_ = row.size;
  at_.read_ahead = false;
  rebuilt_ = row.seq;
  if (concerned) deliver(changes_.change_of(row), to);
  return {};
}

Result<void> Feed::take(SnapshotRow& found, Target to) {
  write_task();
  const SnapshotTask& task = *found.task;
  ScannedRow& row = found.row;
  if (!row.too_large) {
    deliver(changes_.read_of(task, std::move(row.image)), to);
    return {};
  }
  if (scope_->on_large == OnLarge::stop) {
    return fail(changes_.too_large(task.shape->table, row.key, row.size));
  }
  deliver(changes_.large_read(task, std::move(row.key), row.size), to);
  return {};
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

#include "src/sources/shared/snapshot_join.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "src/base/invariant.h"

namespace headwater::sources {

SnapshotJoin::SnapshotJoin(ChangeLog& log, TableReader& tables, LargeChanges large,
                           const Clock& clock)
    : log_(&log), large_(std::move(large)), clock_(&clock), walk_(tables, place_.snapshot) {}

void SnapshotJoin::begin(Place place, Position given) {
  place_ = std::move(place);
  walk_.forget();
  ready_.clear();
  held_.reset();
  piece_due_ = false;
  error_.reset();
  current_ = false;
  given_ = given.empty() ? log_->position(place_) : std::move(given);
  given_point_ = {};
  taken_point_ = {};
  log_->want_keys(place_.snapshot.has_value());
  if (const auto until = walk_.overlap()) piece_mark_ = log_->mark(*until);
}

void SnapshotJoin::put_first(Change change, Position before) {
  change.position = std::exchange(given_, std::move(before));
  const std::size_t size = footprint(change);
  ready_.emplace_front(std::move(change), size, LogPoint());
}

Result<ChangeBatch> SnapshotJoin::read(const ReadLimits& limits, Milliseconds wait,
                                       const std::stop_token& stop) {
  const SteadyTime until = clock_->steady() + wait;
  ChangeBatch batch;
  for (bool last_look = false;;) {
    auto reached = error_ ? Result<Reached>(Reached::full) : give(limits, batch, stop);
    if (!reached) error_ = std::move(reached.error());
    if (error_) {
      give_ready(limits, batch);
      if (!batch.changes.empty()) return finished(std::move(batch));
      Error error = *std::exchange(error_, std::nullopt);
      if (!stop.stop_requested() || error.remedy != Remedy::retry) return fail(std::move(error));
      batch.position = given_;
      return batch;
    }
    if (!batch.changes.empty() || last_look || moved()) return finished(std::move(batch));
    const bool soon = held_ || (walk_.loaded() && !piece_due_) || walk_.overlap();
    const auto left = std::chrono::duration_cast<Milliseconds>(until - clock_->steady());
    auto came = log_->wait(left, soon, stop);
    if (!came) return failed(came);
    if (*came == Came::nothing) return finished(std::move(batch));
    if (*came == Came::end) {
      end_transaction(limits, batch);
      log_->take_end();
    }
    last_look = *came == Came::end && clock_->steady() >= until;
  }
}

/// The position has moved by itself. While much is to come it is not worth a batch of its own.
bool SnapshotJoin::moved() const {
  return !held_ && ready_.empty() && log_->reached(log_->opened()) &&
         log_->position(place_) != given_;
}

ChangeBatch SnapshotJoin::finished(ChangeBatch batch) {
  const bool all_out = ready_.empty() && !held_;
  if (!batch.changes.empty()) given_ = batch.changes.back().position;
  // What failed may have moved the place already, and has not been dealt with.
  if (!error_ && all_out) given_ = log_->position(place_);
  const Mark opened = log_->opened();
  const bool dry = all_out && log_->at_hand() == 0 && log_->reached(opened);
  // With continuous writers the log never runs dry; then the point decides.
  if (!place_.snapshot && (dry || given_point_ > opened.point)) current_ = true;
  batch.position = given_;
  batch.current = current_;
  batch.backlog = log_->backlog();
  batch.snapshot = walk_.progress();
  return batch;
}

Result<SnapshotJoin::Reached> SnapshotJoin::give(const ReadLimits& limits, ChangeBatch& batch,
                                                 const std::stop_token& stop) {
  for (;;) {
    if (!give_ready(limits, batch)) return Reached::full;
    if (auto loaded = load_piece(stop); !loaded) return failed(loaded);
    if (piece_due_) {
      auto reached = give_rows(limits, batch);
      if (!reached || *reached == Reached::full) return reached;
      continue;
    }
    auto next = log_->next();
    if (!next) return failed(next);
    if (pass_overlap(*next)) continue;
    if (walk_.loaded() && (*next != nullptr ? !walk_.shows(**next) : log_->reached(piece_mark_))) {
      end_transaction(limits, batch);
      walk_.begin_rows(*next);
      piece_due_ = true;
      continue;
    }
    if (*next == nullptr) return Reached::dry;
    if (auto taken = take(**next, limits, batch, stop); !taken) return failed(taken);
  }
}

/// Whether the log has come to the end of what the last rows overlap.
bool SnapshotJoin::pass_overlap(const LogChange* next) {
  const auto until = walk_.overlap();
  if (!until || (next != nullptr ? next->point <= *until : !log_->reached(piece_mark_))) {
    return false;
  }
  walk_.end_overlap();
  return true;
}

Result<void> SnapshotJoin::load_piece(const std::stop_token& stop) {
  if (walk_.loaded() || !place_.snapshot) return {};
  // What has been taken must be in it, or a row would come out as it was before its change.
  if (auto loaded = walk_.load(log_->taken(), stop); !loaded) return loaded;
  piece_due_ = false;
  if (!place_.snapshot) log_->want_keys(false);
  if (walk_.loaded()) piece_mark_ = log_->mark(walk_.piece().point);
  return {};
}

/// The rows of the piece, which all changes that it shows have gone before.
Result<SnapshotJoin::Reached> SnapshotJoin::give_rows(const ReadLimits& limits,
                                                      ChangeBatch& batch) {
  for (;;) {
    auto row = walk_.next();
    if (!row) {
      piece_due_ = false;
      return Reached::dry;
    }
    auto size = keep_small(*row, large_);
    if (!size) return failed(size);
    Ready ready(*std::move(row), *size, log_->taken());
    put_out(ready, limits, batch);
    if (!give_ready(limits, batch)) return Reached::full;
  }
}

Result<void> SnapshotJoin::take(LogChange& next, const ReadLimits& limits, ChangeBatch& batch,
                                const std::stop_token& stop) {
  invariant(next.point >= taken_point_, "changes come in the order of the log");
  taken_point_ = next.point;
  Change& change = next.change;
  auto leaves_out = walk_.leaves_out(next, stop);
  if (!leaves_out) return failed(leaves_out);
  const bool left_out = *leaves_out;
  const bool goes_on =
      held_ && change.transaction && held_->change.transaction->id == change.transaction->id;
  if (!left_out || !goes_on) settle(!goes_on, limits, batch);
  std::size_t size = 0;
  if (!left_out) {
    auto small = keep_small(change, large_);
    if (!small) return failed(small);
    size = *small;
  }
  if (change.op == Op::rename) walk_.renamed({change.database, change.schema, change.renamed_to});
  if (change.op == Op::truncate) walk_.truncated(next);
  const bool inside =
      change.transaction && place_.transaction && change.transaction->id == place_.transaction->id;
  if (!inside) place_.transaction.reset();
  const bool over = change.transaction && change.transaction->last;
  log_->take();
  if (!left_out && change.transaction) {
    hold(next, size);
  } else if (!left_out) {
    Ready ready(std::move(change), size, next.point);
    put_out(ready, limits, batch);
  }
  if (over) end_transaction(limits, batch);
  return {};
}

/// Whether it is its transaction's last shows in what follows, or in that nothing does.
void SnapshotJoin::hold(LogChange& next, std::size_t size) {
  invariant(!held_, "one change waits for the end of its transaction");
  Transaction& transaction = *next.change.transaction;
  if (!place_.transaction) place_.transaction = OpenTransaction{.id = transaction.id, .count = 0};
  transaction.ordinal = place_.transaction->count++;
  held_.emplace(std::move(next.change), size, next.point);
}

/// What is held is of a transaction of which more changes follow, or was its last.
void SnapshotJoin::settle(bool last, const ReadLimits& limits, ChangeBatch& batch) {
  if (!held_) return;
  held_->change.transaction->last = last;
  if (last) place_.transaction.reset();
  put_out(*held_, limits, batch);
  held_.reset();
}

void SnapshotJoin::end_transaction(const ReadLimits& limits, ChangeBatch& batch) {
  settle(true, limits, batch);
  place_.transaction.reset();
}

/// Most go out at once; the others wait for those before them, or for the next batch.
void SnapshotJoin::put_out(Ready& ready, const ReadLimits& limits, ChangeBatch& batch) {
  set_position(ready);
  if (ready_.empty() && add(ready, limits, batch)) return;
  ready_.push_back(std::move(ready));
}

void SnapshotJoin::set_position(Ready& ready) const {
  ready.change.position = log_->position(place_);
  ready.size += ready.change.position.token.size();
}

/// False: the batch is full.
bool SnapshotJoin::give_ready(const ReadLimits& limits, ChangeBatch& batch) {
  while (!ready_.empty()) {
    if (!add(ready_.front(), limits, batch)) return false;
    ready_.pop_front();
  }
  return batch.changes.size() < limits.count && batch.bytes < limits.bytes;
}

/// False: it does not fit in any more, and is left where it is.
bool SnapshotJoin::add(Ready& ready, const ReadLimits& limits, ChangeBatch& batch) {
  const bool fits = batch.changes.size() < limits.count && batch.bytes + ready.size <= limits.bytes;
  if (!fits && !batch.changes.empty()) return false;
  invariant(!ready.change.position.empty(), "a change has a position");
  if (batch.changes.empty()) batch.changes.reserve(std::min(limits.count, log_->at_hand()));
  given_point_ = ready.point;
  batch.add(std::move(ready.change), ready.size);
  return true;
}

}  // namespace headwater::sources

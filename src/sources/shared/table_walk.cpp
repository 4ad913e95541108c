#include "src/sources/shared/table_walk.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "src/base/invariant.h"

namespace headwater::sources {

bool TableWalk::will_read(const LogChange& change) const {
  if (!*place_ || !change.of_a_row) return false;
  const TablePlace& place = **place_;
  if (place.all_changes) return false;
  const TableName of{change.change.database, change.change.schema, change.change.table};
  if (of != place.name) return of > place.name;
  // What comes after the end of a table is a change: where keys ascend and writers write, there
  // would always be more to read.
  if (place.whole) return false;
  return place.after.empty() || tables_->ahead(change, place.after) == Ahead::yes;
}

void TableWalk::renamed(const TableName& to) {
  if (!*place_ || !tables_->reads(to)) return;
  TablePlace& place = **place_;
  // Somebody asked for the tables of these names.
  if (place.request) return;
  // A row that was returned may lie after the place now. To leave a change to it out would lose it;
  // one to a row that is still to come does no harm.
  place.all_changes = true;
  if (to > place.name) return;
  place.name = to;
  place.after.clear();
  place.whole = false;
  forget();
}

void TableWalk::forget() {
  piece_.reset();
  waited_ = false;
}

Result<void> TableWalk::load(LogPoint not_before, const std::stop_token& stop) {
  if (piece_ || !*place_) return {};
  if (!total_ && !(*place_)->request) {
    auto rows = tables_->estimate(stop);
    if (!rows) return failed(rows);
    total_ = *rows;
  }
  while (*place_ && !piece_) {
    const TablePlace& place = **place_;
    if (place.name != TableName{} && !place.whole) {
      // A piece without rows still moves the place on, in its turn.
      auto piece = tables_->read(place.name, place.after, not_before,
                                 place.request ? place.request->filter : std::string(), stop);
      if (!piece) return failed(piece);
      invariant(piece->point >= not_before, "a piece shows all changes that were taken");
      piece_ = std::move(*piece);
      return {};
    }
    auto found = next_table(stop);
    if (!found) return failed(found);
    if (*found) {
      waited_ = false;
    } else if (auto ended = end_or_wait(stop); !ended) {
      return ended;
    }
  }
  return {};
}

/// What was still to come may have been renamed to where the walk has already been.
Result<void> TableWalk::end_or_wait(const std::stop_token& stop) {
  if (waited_ || (*place_)->request) {
    place_->reset();
    return {};
  }
  auto now = tables_->now(stop);
  if (!now) return failed(now);
  piece_ = Piece{.point = *now, .last = {}, .end = true};
  waited_ = true;
  return {};
}

Result<bool> TableWalk::next_table(const std::stop_token& stop) {
  TablePlace& place = **place_;
  std::optional<TableName> next;
  if (place.request) {
    const auto& tables = place.request->tables;
    const auto after = std::ranges::upper_bound(tables, place.name);
    if (after != tables.end()) next = *after;
  } else {
    auto names = tables_->tables(place.name, stop);
    if (!names) return failed(names);
    if (!names->empty()) next = names->front();
  }
  if (!next) return false;
  invariant(*next > place.name, "tables are read in order");
  place.name = *std::move(next);
  place.after.clear();
  place.whole = false;
  return true;
}

std::optional<Change> TableWalk::next() {
  invariant(piece_.has_value() && place_->has_value(), "rows are of a piece at hand");
  TablePlace& place = **place_;
  if (!piece_->rows.empty()) {
    PieceRow row = std::move(piece_->rows.front());
    piece_->rows.pop_front();
    place.after = std::move(row.key);
    ++place.done;
    if (place.request) row.change.id = "again:" + place.request->id + ":" + row.change.id;
    return std::move(row.change);
  }
  if (!piece_->last.empty()) place.after = std::move(piece_->last);
  if (piece_->end) place.whole = true;
  piece_.reset();
  return std::nullopt;
}

std::optional<SnapshotProgress> TableWalk::progress() const {
  if (!*place_) return std::nullopt;
  const TablePlace& place = **place_;
  return SnapshotProgress{.table = place.name.table,
                          .done = place.done,
                          .total = place.request ? 0 : total_.value_or(0)};
}

}  // namespace headwater::sources

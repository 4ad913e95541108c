#include "src/sources/shared/table_walk.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "src/base/invariant.h"

namespace headwater::sources {

Result<bool> TableWalk::leaves_out(const LogChange& change, const std::stop_token& stop) {
  if (!*place_ || !change.of_a_row) return false;
  const TablePlace& place = **place_;
  if (place.all_changes) return false;
  const TableName of{change.change.database, change.change.schema, change.change.table};
  if (of != place.name) return of > place.name;
  // To what the last rows contain, the place is still before them.
  const bool contained = is_contained(change);
  // What comes after the end of a table is a change: where keys ascend and writers write, there
  // would always be more to read.
  if (place.whole && !contained) return false;
  const std::string& after = contained ? place.overlap->after : place.after;
  if (after.empty()) return true;
  auto ahead = tables_->ahead(place.name, change, after, stop);
  if (!ahead) return failed(ahead);
  return *ahead == Ahead::yes;
}

bool TableWalk::is_contained(const LogChange& change) const {
  const auto& overlap = (*place_)->overlap;
  return overlap && tables_->shows(overlap->until, overlap->sight, change);
}

void TableWalk::truncated(const LogChange& change) {
  if (!*place_) return;
  TablePlace& place = **place_;
  const TableName of{change.change.database, change.change.schema, change.change.table};
  if (of != place.name || !is_contained(change)) return;
  place.after.clear();
  place.whole = false;
  place.overlap.reset();
  ++place.rounds;
  forget();
}

void TableWalk::begin_rows(const LogChange* next) {
  invariant(piece_.has_value() && place_->has_value(), "rows are of a piece at hand");
  if (next == nullptr || next->point > piece_->point) return;
  TablePlace& place = **place_;
  invariant(!place.overlap, "one piece at a time overlaps the log");
  place.overlap = Overlap{.after = place.after, .until = piece_->point, .sight = piece_->sight};
}

std::optional<LogPoint> TableWalk::overlap() const {
  if (!*place_ || !(*place_)->overlap) return std::nullopt;
  return (*place_)->overlap->until;
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
  if (piece_ || !*place_ || (*place_)->overlap) return {};
  if (!total_ && !(*place_)->request) {
    auto rows = tables_->estimate(stop);
    if (!rows) return failed(rows);
    auto names = tables_->tables({}, stop);
    if (!names) return failed(names);
    total_ = *rows;
    names_ = *std::move(names);
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
  piece_ = Piece{.point = *now, .sight = {}, .last = {}, .end = true};
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
    const TableName before = place.name;
    for (const TableName& to : tables_->renamed()) renamed(to);
    if (place.name != before) return true;
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
    if (place.rounds != 0) row.change.id += ":" + std::to_string(place.rounds);
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
  const auto& names = place.request ? place.request->tables : names_;
  const auto after = place.whole ? std::ranges::upper_bound(names, place.name)
                                 : std::ranges::lower_bound(names, place.name);
  return SnapshotProgress{.table = place.name.table,
                          .done = place.done,
                          .total = place.request ? 0 : total_.value_or(0),
                          .tables_done = static_cast<std::uint64_t>(after - names.begin()),
                          .tables_total = names.size()};
}

}  // namespace headwater::sources

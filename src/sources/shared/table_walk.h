// Goes through all tables of a snapshot, and knows which changes it makes superfluous.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "src/base/error.h"
#include "src/event/change.h"
#include "src/ports/source.h"
#include "src/sources/shared/table_reader.h"

namespace headwater::sources {

/// Moves a place through the tables. Memory: one piece. One thread.
class TableWalk {
 public:
  /// Both must outlive it. Without a place there is no snapshot, or it is over.
  TableWalk(TableReader& tables, std::optional<TablePlace>& place)
      : tables_(&tables), place_(&place) {}

  /// Whether a change is left out, because its row will be read with it, or has been. May ask the
  /// database.
  Result<bool> leaves_out(const LogChange& change, const std::stop_token& stop);
  /// A table is empty from here on. If rows that came afterwards have been returned, its rows are
  /// read a second time.
  void truncated(const LogChange& change);
  /// A table has another name from here on. Some rows may be read a second time.
  void renamed(const TableName& to);

  /// Reads the next piece unless one is at hand. The last piece is empty: what happened up to its
  /// point may send the walk back. After a call without a piece, the place is gone: all is read; or
  /// rows overlap the log. `stop` may end it (retry, `source.stopped`).
  Result<void> load(LogPoint not_before, const std::stop_token& stop);
  [[nodiscard]] bool loaded() const { return piece_.has_value(); }
  /// Only while loaded().
  [[nodiscard]] const Piece& piece() const { return *piece_; }
  /// Whether the piece at hand shows what this change, the log's next, did.
  [[nodiscard]] bool shows(const LogChange& change) const {
    return tables_->shows(piece_->point, piece_->sight, change);
  }
  /// Its rows are returned now, before the log's next change; nullptr: that is after its point. If
  /// the piece may show what comes after that change, the rows overlap the log.
  void begin_rows(const LogChange* next);
  /// How far the rows that were returned overlap the log. Up to there, nothing more is loaded.
  [[nodiscard]] std::optional<LogPoint> overlap() const;
  void end_overlap() { (*place_)->overlap.reset(); }
  /// The next row of the piece, and the place moves to it; nullopt at the end, and the piece is
  /// gone.
  std::optional<Change> next();
  /// Drops the piece at hand; it is read again.
  void forget();

  [[nodiscard]] std::optional<SnapshotProgress> progress() const;

 private:
  Result<void> end_or_wait(const std::stop_token& stop);
  Result<bool> next_table(const std::stop_token& stop);
  [[nodiscard]] bool is_contained(const LogChange& change) const;

  TableReader* tables_;
  std::optional<TablePlace>* place_;
  std::optional<Piece> piece_;
  bool waited_ = false;  // for everything up to a point at which no table was left
  std::optional<std::uint64_t> total_;
  std::vector<TableName> names_;  // of all tables, when the walk was begun or continued
};

}  // namespace headwater::sources

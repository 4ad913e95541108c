#include "src/sources/mongodb/audit/row_pieces.h"

#include <utility>

#include "src/sources/mongodb/feed/history.h"

namespace headwater::mongodb {

RowPieces::RowPieces(const Audited& audited, Pool& pool)
    : audited_(&audited),
      scan_(pool, audited.facts, audited.options->pipeline),
      decoder_(audited.options->watch, audited.options->form) {}

Result<RowPieces::Piece> RowPieces::next(ClusterTime not_before) {
  for (Piece found{.rows = {}, .time = not_before};;) {
    if (!collection_ || collection_done_) {
      auto more = next_collection();
      if (!more) return failed(more);
      if (!*more) return found;
    }
    auto piece = scan_.next(*collection_, after_ ? &*after_ : nullptr, found.time);
    if (!piece) return failed(piece);
    collection_done_ = piece->end;
    if (find(piece->last.get(), "_id")) after_ = Doc::copy_of(*piece->last.get());
    // The pipeline may have left out all of them.
    if (piece->documents.empty()) continue;
    if (piece->time < found.time) return fail(behind());
    auto rows = changes_of(*piece);
    if (!rows) return failed(rows);
    return Piece{.rows = std::move(*rows), .time = piece->time};
  }
}

Result<bool> RowPieces::next_collection() {
  auto names = scan_.collections(audited_->options->watch, collection_.value_or(CollectionName{}));
  if (!names) return failed(names);
  after_.reset();
  collection_done_ = false;
  if (names->empty()) return false;
  collection_ = names->front();
  return true;
}

Result<std::vector<Change>> RowPieces::changes_of(const TablePiece& piece) const {
  std::vector<Change> rows;
  for (const Doc& document : piece.documents) {
    auto row = piece.wrapped ? decoder_.read_wrapped(*collection_, *document.get(), piece.time)
                             : decoder_.read(*collection_, *document.get(), piece.time);
    if (!row) return failed(row);
    rows.push_back(std::move(*row));
  }
  return rows;
}

}  // namespace headwater::mongodb

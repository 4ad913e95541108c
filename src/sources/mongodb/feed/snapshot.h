// The documents that were there before the changes began: which are next, and which changes are
// left out because their document is still to come.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "src/base/error.h"
#include "src/event/change.h"
#include "src/ports/source.h"
#include "src/sources/mongodb/feed/change_decoder.h"
#include "src/sources/mongodb/feed/position.h"
#include "src/sources/mongodb/feed/table_scan.h"
#include "src/sources/mongodb/feed/watch.h"

namespace headwater::mongodb {

/// A document belongs in the stream at the time its piece was read: behind every change up to then,
/// before every change after. A change to a document that is still to come is left out, for it will
/// be in the document. So nothing is held for long, nothing is said twice, and after a crash it
/// goes on at its place. One thread.
class Snapshot {
 public:
  /// `pool`, `pipeline` and `decoder` must outlive it.
  Snapshot(Pool& pool, const ServerFacts& facts, const std::vector<Doc>& pipeline, Watch watch,
           const ChangeDecoder& decoder);

  /// Goes on at this place; nullopt: there is no snapshot to take.
  Result<void> seek(const std::optional<SnapshotPlace>& place);
  /// nullopt once all is read.
  [[nodiscard]] const std::optional<SnapshotPlace>& place() const { return place_; }

  /// Whether a change to this document is to be given out.
  [[nodiscard]] bool covers(const CollectionName& name, const bson_value_t& id) const;
  /// A collection has another name: what it held may be where the snapshot has already been, and
  /// what had been read of it where the snapshot is still to come.
  void renamed(const CollectionName& to);

  /// Reads the next piece if there is none at hand, as it is at `not_before` or later; blocks. The
  /// last is empty: a rename up to its time may send the snapshot back. Without a piece afterwards,
  /// all is read.
  Result<void> load(ClusterTime not_before);
  [[nodiscard]] bool loaded() const { return piece_.has_value(); }
  /// When the piece at hand was read.
  [[nodiscard]] ClusterTime time() const { return piece_->time; }
  /// The next document of the piece, without its position; nullopt at its end, and it is gone.
  Result<std::optional<Change>> next();
  /// The piece at hand will be read anew.
  void forget();

  [[nodiscard]] SnapshotProgress progress() const;

 private:
  Result<bool> next_collection();
  Result<void> end_or_wait();
  Result<void> take_key(const bson_t& document);

  TableScan scan_;
  Watch watch_;
  const ChangeDecoder* decoder_;
  std::optional<SnapshotPlace> place_;
  std::optional<Doc> after_;  // place_->after as a document
  std::optional<TablePiece> piece_;
  std::size_t at_ = 0;   // in piece_
  bool waited_ = false;  // all changes up to a time when nothing was left are out
  std::optional<std::uint64_t> total_;
};

}  // namespace headwater::mongodb

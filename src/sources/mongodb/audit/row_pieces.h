// The documents that are in the database, for the comparison with the stream.
#pragma once

#include <optional>
#include <vector>

#include "src/base/error.h"
#include "src/event/change.h"
#include "src/sources/mongodb/audit/audited.h"
#include "src/sources/mongodb/feed/change_decoder.h"
#include "src/sources/mongodb/feed/table_scan.h"

namespace headwater::mongodb {

/// Reads all watched collections by key, each piece at one cluster time of its own, which never
/// goes back. One thread; blocks for as long as the server takes.
class RowPieces {
 public:
  /// All must outlive it.
  RowPieces(const Audited& audited, Pool& pool);

  struct Piece {
    std::vector<Change> rows;  ///< Empty: there are no more.
    ClusterTime time;
  };
  /// The next rows, at `not_before` or later.
  Result<Piece> next(ClusterTime not_before);

 private:
  Result<bool> next_collection();
  Result<std::vector<Change>> changes_of(const TablePiece& piece) const;

  const Audited* audited_;
  TableScan scan_;
  ChangeDecoder decoder_;
  std::optional<CollectionName> collection_;
  std::optional<Doc> after_;  // key of the last document read of it
  bool collection_done_ = false;
};

}  // namespace headwater::mongodb

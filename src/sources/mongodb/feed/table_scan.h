// Reads collections in the order of their keys, piece by piece, each piece as it was at one time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "src/base/error.h"
#include "src/sources/mongodb/bson/doc.h"
#include "src/sources/mongodb/feed/collections.h"
#include "src/sources/mongodb/feed/timed_reads.h"
#include "src/sources/mongodb/feed/watch.h"
#include "src/sources/mongodb/server/client.h"

namespace headwater::mongodb {

struct TablePiece {
  /// In the order of their _id. If there is a pipeline, those that it lets through, each as the
  /// insert event that it could have been (`wrapped`); else the documents themselves.
  std::vector<Doc> documents;
  bool wrapped = false;
  /// All of them as they were at this time, which a majority has; so all changes up to it are in
  /// them, and none after it.
  ClusterTime time;
  /// {"_id": …} of the last document examined; an empty document if there was none.
  Doc last;
  bool end = false;  ///< There are no more after these.
};

/// One thread; blocks for as long as the server takes.
class TableScan {
 public:
  /// All must outlive it. `pipeline`: the user's stages for the change stream; they see every
  /// document as the insert event it could have been, and what they let through is in the piece.
  TableScan(Pool& pool, const ServerFacts& facts, const std::vector<Doc>& pipeline);

  /// See list_collections().
  Result<std::vector<CollectionName>> collections(const Watch& watch,
                                                  const CollectionName& after = {});
  /// The newest time the server knows: not before anything that collections() has seen.
  Result<ClusterTime> now();
  /// See estimate_documents().
  Result<std::uint64_t> estimate(const CollectionName& name);

  /// Documents with an _id after `after` ({"_id": …}; nullptr: from the first), as they are at
  /// `not_before` or later. As many as make a piece of about a megabyte. A collection that does not
  /// exist is at its end. `filter`: only documents that this query filter selects; nullptr: all.
  Result<TablePiece> next(const CollectionName& name, const Doc* after, ClusterTime not_before,
                          const Doc* filter = nullptr);
  /// Fails if the server does not accept the query filter.
  Result<void> check_filter(const CollectionName& name, const Doc& filter);

 private:
  struct Keys {
    std::vector<Doc> documents;
    bool end = false;
  };
  Result<TablePiece> piece(const CollectionName& name, const Doc* after, const Doc* filter);
  /// What a cursor of `name` did not give at once, if it gave nothing of use.
  Result<void> rest_of(const CollectionName& name, std::int64_t cursor, Keys& keys);
  Result<Keys> range(const CollectionName& name, const Doc* after, const Doc* filter);
  Result<std::vector<Doc>> filtered(const CollectionName& name, const std::vector<Doc>& keys);
  Result<bool> collated(const CollectionName& name);
  void adapt(const std::vector<Doc>& documents);

  Connection connection_;
  TimedReads reads_;
  const std::vector<Doc>* pipeline_;
  std::int32_t count_ = 64;  // documents in the next piece
  std::optional<CollectionName> known_;
  bool known_collated_ = false;
};

}  // namespace headwater::mongodb

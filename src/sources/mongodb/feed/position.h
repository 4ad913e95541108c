// A MongoDB source's position. docs/formats/mongodb-position.md specifies it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "src/base/error.h"
#include "src/event/position.h"
#include "src/sources/mongodb/bson/doc.h"
#include "src/sources/mongodb/feed/resume_token.h"

namespace headwater::mongodb {

/// A snapshot under way. Rows before it are out, rows behind it are not; a change to one that is
/// behind is left out, because the row will be read with it.
struct SnapshotPlace {
  std::string database;
  std::string collection;
  /// Canonical Extended JSON {"_id": …} of the last row that is out; empty: none of the collection.
  std::string after;
  std::uint64_t done = 0;  ///< Rows out so far, of all collections.
  /// Changes to rows behind it are not left out any more: readers may know the rows by another
  /// name.
  bool all_changes = false;

  bool operator==(const SnapshotPlace&) const = default;
};

/// The transaction the change at the position belongs to, while it is not over.
struct OpenTransaction {
  std::string id;
  std::uint64_t count = 0;  ///< Its changes given out so far.

  bool operator==(const OpenTransaction&) const = default;
};

struct MongoPosition {
  std::string source;       ///< The identity of the source.
  std::string fingerprint;  ///< Of watch and pipeline; a token means something only with the same.
  ResumeToken token;        ///< Empty: not yet, begin with the first change at `time` or later.
  /// When the token is of, as near as is known, or where to begin.
  ClusterTime time;
  /// Of the last change seen; null: none yet. As long as the server's history reaches so far back,
  /// it must hold this very time: else the database is another, or older, than it was.
  ClusterTime witness;
  std::optional<SnapshotPlace> snapshot;
  std::optional<OpenTransaction> transaction;

  bool operator==(const MongoPosition&) const = default;
};

/// Cheap: called for every change.
[[nodiscard]] Position encode(const MongoPosition& position);
/// Fails with `source.bad_position`.
Result<MongoPosition> decode(const Position& position);

}  // namespace headwater::mongodb

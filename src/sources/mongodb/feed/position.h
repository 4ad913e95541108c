// A MongoDB source's position. docs/formats/mongodb-position.md specifies it.
#pragma once

#include <string>
#include <string_view>

#include "src/base/error.h"
#include "src/event/position.h"
#include "src/sources/mongodb/bson/doc.h"
#include "src/sources/mongodb/feed/resume_token.h"
#include "src/sources/shared/place.h"

namespace headwater::mongodb {

struct MongoPosition {
  std::string source;       ///< The identity of the source.
  std::string fingerprint;  ///< Of watch and pipeline; a token is valid only with the same.
  ResumeToken token;        ///< Empty: not yet, begin with the first change at `time` or later.
  /// The token's time, as near as it is known, or where to begin.
  ClusterTime time;
  /// Of the last change seen; null: none yet. As long as the server's history reaches back that
  /// far, it must contain this very time: else the database is another, or older, than it was.
  ClusterTime witness;
  /// A snapshot's TablePlace::after is canonical Extended JSON: {"_id": …}.
  sources::Place place;

  bool operator==(const MongoPosition&) const = default;
};

[[nodiscard]] Position encode(const MongoPosition& position);
/// What the texts of all positions with this source and fingerprint begin with.
[[nodiscard]] std::string head_of(const MongoPosition& position);
/// The same position with another place in it, given its head. Cheap: called for every change.
[[nodiscard]] Position encode(std::string_view head, const MongoPosition& position,
                              const sources::Place& place);
/// Fails with `source.bad_position`.
Result<MongoPosition> decode(const Position& position);

}  // namespace headwater::mongodb

// What a server or the network reported instead of an answer.
#pragma once

#include <mongoc/mongoc.h>

#include <cstdint>
#include <string>

#include "src/base/error.h"

namespace headwater::mongodb {

/// The codes this program decides by:
/// https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
enum class Code : std::int32_t {
  none = 0,  ///< The server did not answer, or gave no code.
  unauthorized = 13,
  authentication_failed = 18,
  namespace_not_found = 26,
  cursor_not_found = 43,
  no_matching_document = 47,  ///< A required image no longer exists.
  namespace_exists = 48,
  capped_position_lost = 136,
  cursor_killed = 237,
  snapshot_too_old = 239,
  snapshot_unavailable = 246,  ///< A collection was made or renamed since.
  invalid_resume_token = 260,
  change_stream_fatal = 280,  ///< Also: the event of the token is not in the history.
  change_stream_history_lost = 286,
  not_primary = 10107,
  object_too_large = 10334,
  duplicate_key = 11000,
  no_replica_set = 40573,
  no_image_recorded = 51770,  ///< A required image was never kept.
};

struct Failure {
  Code code = Code::none;
  std::string message;  ///< Never contains the password.

  /// From libmongoc's error; `reply` may be empty.
  static Failure from(const bson_error_t& error, const bson_t* reply);
  [[nodiscard]] bool is(Code other) const { return code == other; }
  /// The same command cannot succeed until a person changes something.
  [[nodiscard]] bool for_good() const;
  [[nodiscard]] bool about_rights() const;
};

/// `doing`: "watching shop.orders". With Origin::source; `source.unauthorized`, `source.refused`
/// (both stop) or `source.unavailable` (retry).
[[nodiscard]] Error to_error(const Failure& failure, const std::string& doing);

}  // namespace headwater::mongodb

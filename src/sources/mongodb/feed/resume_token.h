// What the server returns with each event, and accepts to continue after it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "src/sources/mongodb/bson/doc.h"

namespace headwater::mongodb {

/// Opaque, and given back whole: src/mongo/db/pipeline/resume_token.cpp.
struct ResumeToken {
  /// Its `_data`, unique for each event. Empty: no token.
  std::string data{};
  /// Its other fields, as canonical Extended JSON; empty: none. `_typeBits` is there if the
  /// document's key holds an int64, a double or a decimal; without it the server does not find the
  /// event again, or cannot read the token.
  std::string more{};

  [[nodiscard]] bool empty() const { return data.empty(); }
  bool operator==(const ResumeToken&) const = default;
};

/// An event's `_id` or a batch's `postBatchResumeToken`; empty if it is not a token.
[[nodiscard]] ResumeToken token_of(const bson_iter_t& at);
/// The same of a field of `document`: "cursor.postBatchResumeToken".
[[nodiscard]] ResumeToken token_in(const bson_t* document, const char* dotted);

[[nodiscard]] Doc document_of(const ResumeToken& token);

/// The cluster time `data` begins with, where the server writes tokens as MongoDB does (a
/// KeyString: 0x82, seconds, increment, both big-endian). nullopt elsewhere. Only ever an extra
/// check.
[[nodiscard]] std::optional<ClusterTime> time_in(std::string_view data);

}  // namespace headwater::mongodb

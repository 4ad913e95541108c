// An event that the server has cut into parts.
#pragma once

#include <optional>

#include "src/sources/mongodb/bson/doc.h"

namespace headwater::mongodb {

/// Joins the parts. The server cuts a large event between its fields:
/// https://www.mongodb.com/docs/manual/reference/operator/aggregation/changeStreamSplitLargeEvent/.
class SplitEvent {
 public:
  /// Returns the whole event, with the first part's id and without `splitEvent`, once `part` is the
  /// last one.
  std::optional<Doc> add(const bson_t& part);
  /// Forgets the parts so far.
  void reset() { whole_.reset(); }

 private:
  std::optional<Doc> whole_;
};

/// Whether `field`, an event's `splitEvent`, says that other parts belong to the event. SecantusDB
/// says "1 of 1" of every event.
[[nodiscard]] bool says_split(const bson_iter_t& field);

}  // namespace headwater::mongodb

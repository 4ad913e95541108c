// The commands that read a piece of a collection.
#pragma once

#include <cstdint>
#include <vector>

#include "src/sources/mongodb/bson/doc.h"
#include "src/sources/mongodb/feed/collections.h"

namespace headwater::mongodb {

/// The value of `_id`.
[[nodiscard]] bson_value_t id_of(const Doc& document);

/// Documents in the order of their _id.
struct Range {
  const Doc* after = nullptr;   ///< {"_id": …}; nullptr: from the first.
  const Doc* filter = nullptr;  ///< Only documents that it selects; nullptr: all.
  bool own_collation = false;   ///< See has_collation().
  bool only_keys = false;       ///< Instead of whole documents.
  std::int32_t documents = 0;   ///< At the most.
};
/// Unless the collection has its own collation, `after` itself may be among the documents.
[[nodiscard]] Doc find_command(const CollectionName& name, const Range& range);

/// A filter that contains `filter`, and which no document matches.
[[nodiscard]] Doc matching_nothing(const Doc& filter);

/// Reads the documents with these keys through the pipeline: each as the insert event that it could
/// have been. More than `documents` come in further batches.
[[nodiscard]] Doc filter_command(const CollectionName& name, const std::vector<Doc>& keys,
                                 const std::vector<Doc>& pipeline, std::int32_t documents);

}  // namespace headwater::mongodb

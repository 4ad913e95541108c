// Whether a pipeline chooses documents once and for all.
#pragma once

#include <vector>

#include "src/sources/mongodb/bson/doc.h"

namespace headwater::mongodb {

/// The stages only choose, and by nothing but a document's _id and its collection's name: what
/// comes out of the stream are all changes to some documents and none to the others, just as the
/// database has them. True also for no stages.
[[nodiscard]] bool chooses_by_key(const std::vector<Doc>& pipeline);

}  // namespace headwater::mongodb

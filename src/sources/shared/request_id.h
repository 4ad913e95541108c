// Names a request to read rows again.
#pragma once

#include <string>

#include "src/ports/durable.h"

namespace headwater::sources {

/// Nothing was published between two requests at one tail, so the first has read no row, and both may
/// have one id.
[[nodiscard]] std::string request_id(const Tail& tail);

}  // namespace headwater::sources

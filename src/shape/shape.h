// Change in, event out.
#pragma once

#include <string>

#include "src/base/error.h"
#include "src/event/change.h"
#include "src/event/event.h"

namespace headwater {

/// The event for a change of the source with this identity. Depends on nothing else: the same
/// change gives the same event, byte for byte, on any machine at any time.
Result<Event> shape(const Change& change, const std::string& source);

}  // namespace headwater

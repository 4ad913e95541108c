// Change in, event out.
#pragma once

#include <cstddef>
#include <limits>
#include <string>

#include "src/base/error.h"
#include "src/event/change.h"
#include "src/event/event.h"

namespace headwater {

/// The event for a change of the source with this identity. Depends on nothing else: the same
/// change gives the same event, byte for byte, on any machine at any time.
Result<Event> shape(const Change& change, const std::string& source);

/// How large an event may be, and what comes of a change that makes a larger one.
struct Room {
  std::size_t bytes = std::numeric_limits<std::size_t>::max();  ///< Of published_size(Event).
  bool gap_for_large = false;  ///< A gap event takes its place; if not, it is an error.
};

/// The same for a stream that takes only so much. What does not fit comes without `before`, if that
/// helps: how the row is now, or that it is gone, is never held back for the sake of how it was.
/// Else a gap event with the change's id takes its place, or it fails with
/// `stream.event_too_large`.
Result<Event> shape_within(const Room& room, const Change& change, const std::string& source);

}  // namespace headwater

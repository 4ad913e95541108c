// What a relay's three lanes are told to do. Each task is done by the port's call of the same name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/event/change.h"
#include "src/event/event.h"
#include "src/event/position.h"
#include "src/ports/source.h"
#include "src/ports/stream.h"

namespace headwater::task {

// For the source lane.
struct Open {
  Position after;
};
struct Read {
  ReadLimits limits;
  Milliseconds wait;
};
struct Release {
  Durable durable;
};

// For the shape lane; the answer is shaped().
struct Shape {
  std::vector<Change> changes;
};

// For the stream lane.
struct ReadTail {};
struct Append {
  Tail expected;
  std::vector<Event> events;  ///< May be empty: then only the position moves.
  Position position;
};
struct Maintain {};

// For any lane.

/// Nothing to do before `until`, or before something else happens; never, if there is no `until`.
struct Wait {
  std::optional<SteadyTime> until;
};
/// The lane has nothing more to do, ever.
struct Finished {};

using ForSource = std::variant<Open, Read, Release, Wait, Finished>;
using ForShape = std::variant<Shape, Wait, Finished>;
using ForStream = std::variant<ReadTail, Append, Maintain, Wait, Finished>;

}  // namespace headwater::task

namespace headwater {

/// What became of a task::Shape.
struct Shaped {
  std::vector<Event> events;
  std::size_t bytes = 0;  ///< Of the events.
  Position position{};    ///< Of the last change that became an event.
  /// Of the first change that could not be shaped, if any; `events` are those before it.
  std::optional<Error> error{};
  std::vector<Gap> gaps{};  ///< That took a change's place, because its event was too large.
};

/// How a lane shapes; no state, any thread.
template <class ShapeFunction>
[[nodiscard]] Shaped shape_all(std::vector<Change> changes, const std::string& source,
                               const ShapeFunction& shape) {
  Shaped shaped;
  shaped.events.reserve(changes.size());
  for (Change& change : changes) {
    Result<Event> event = shape(std::as_const(change), source);
    if (!event) {
      shaped.error = std::move(event.error());
      break;
    }
    if (!change.gap && event->type.operation() == "gap") {
      shaped.gaps.push_back(
          {.reason = "stream.event_too_large", .from = change.id, .to = change.id});
    }
    event->position = std::move(change.position);
    shaped.bytes += footprint(*event);
    shaped.events.push_back(std::move(*event));
  }
  if (!shaped.events.empty()) shaped.position = shaped.events.back().position;
  return shaped;
}

}  // namespace headwater

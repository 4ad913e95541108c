// The tasks of a relay's three lanes. Each is done by the port's call of the same name.
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
struct Tend {};
struct Close {};

// For the shape lane; the answer is shaped().
struct Shape {
  std::vector<Change> changes;
};

// For the stream lane.
struct ReadTail {};
struct Append {
  Tail expected;
  std::vector<Event> events;  ///< If empty, only the position moves.
  Position position;
};
struct Maintain {};

// For the hint lane; the answers are claimed() and gave_up().
struct AskClaim {};   ///< LeaderHint::claim()
struct TakeClaim {};  ///< LeaderHint::take()
struct GiveUpClaim {};

// For any lane.

/// Nothing to do until `until` or the next report; without `until`, only the next report ends it.
struct Wait {
  std::optional<SteadyTime> until;
};
/// The lane has ended.
struct Finished {};

using ForSource = std::variant<Open, Read, Release, Tend, Close, Wait, Finished>;
using ForShape = std::variant<Shape, Wait, Finished>;
using ForStream = std::variant<ReadTail, Append, Maintain, Wait, Finished>;
using ForHint = std::variant<AskClaim, TakeClaim, GiveUpClaim, Wait, Finished>;

}  // namespace headwater::task

namespace headwater {

/// The result of a task::Shape.
struct Shaped {
  std::vector<Event> events;
  std::size_t bytes = 0;  ///< Of the events.
  Position position{};    ///< Of the last change that was shaped.
  /// Of the first change that could not be shaped, if any; `events` are those before it.
  std::optional<Error> error{};
  std::vector<Gap> gaps{};  ///< Gap events in place of events that were too large.
};

/// Shapes all changes. `shape` is a ShapeFunction without its `limit`.
template <class Shape>
[[nodiscard]] Shaped shape_all(std::vector<Change> changes, const Shape& shape) {
  Shaped shaped;
  shaped.events.reserve(changes.size());
  for (Change& change : changes) {
    const bool gap = change.gap.has_value();
    const std::size_t before = shaped.events.size();
    if (Result<void> done = shape(std::move(change), shaped.events); !done) {
      shaped.error = std::move(done.error());
      break;
    }
    for (std::size_t i = before; i < shaped.events.size(); ++i) {
      const Event& event = shaped.events[i];
      shaped.bytes += footprint(event);
      if (gap || event.type.operation() != "gap") continue;
      shaped.gaps.push_back({.reason = "stream.event_too_large", .from = event.id, .to = event.id});
    }
  }
  if (!shaped.events.empty()) shaped.position = shaped.events.back().position;
  return shaped;
}

}  // namespace headwater

// The published event: a CloudEvents 1.0 event of one change. docs/formats/event.md specifies it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/event/event_type.h"
#include "src/event/position.h"
#include "src/event/shared_text.h"

namespace headwater {

/// An event without its `sequence`, which the stream assigns, and without `specversion` and
/// `datacontenttype`, which are constant.
struct Event {
  std::string id;
  SharedText source;    ///< The source's identity; `source` and `id` together are unique forever.
  EventType type;       ///< Operation, database and table.
  std::string subject;  ///< The key as text, for people and for routing; exact in `data.key`.
  std::string partition_key;  ///< The same for all events of one row.
  WallTime time;
  std::string data;  ///< A JSON object, UTF-8.
  /// The source's position after this event, for streams that save it with each event. Not
  /// published, empty in events from a reader, and not compared.
  Position position{};

  bool operator==(const Event& other) const {
    return id == other.id && source == other.source && type == other.type &&
           subject == other.subject && partition_key == other.partition_key && time == other.time &&
           data == other.data;
  }
};

struct StoredEvent {
  std::uint64_t sequence = 0;
  Event event;
};

[[nodiscard]] std::size_t footprint(const Event& event);

/// Upper bound in bytes of this event's message in any stream: the data, and space for the
/// attributes and the position in any encoding.
[[nodiscard]] std::size_t published_size(const Event& event);

/// The event as one line of CloudEvents JSON, without a line end.
[[nodiscard]] std::string to_json(const StoredEvent& stored);
void append_json(std::string& to, const StoredEvent& stored);
/// Parses what to_json() wrote. Fails with `event.unreadable`.
Result<StoredEvent> event_from_json(std::string_view json);

}  // namespace headwater

// What is published: a CloudEvents 1.0 event made from one change. docs/formats/event.md specifies
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "src/base/clock.h"
#include "src/base/error.h"
#include "src/event/event_type.h"
#include "src/event/position.h"

namespace headwater {

/// Everything of an event but its `sequence`, which the stream gives it. `specversion` and
/// `datacontenttype` are the same for all.
struct Event {
  std::string id;
  std::string source;   ///< The source's identity; `source` and `id` together are unique for ever.
  EventType type;       ///< Operation, database and table.
  std::string subject;  ///< The key as text, for people and for routing; exact in `data.key`.
  std::string partition_key;  ///< Events of one row share it.
  WallTime time;
  std::string data;  ///< A JSON object, UTF-8.
  /// Where the source goes on behind it: for streams that save it with each event. Not published,
  /// empty in what a reader brings, and nothing that events are told apart by.
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

/// Bytes that no stream's message of this event exceeds: the data, and room for its attributes and
/// its position however the stream writes them.
[[nodiscard]] std::size_t published_size(const Event& event);

/// The event as one line of CloudEvents JSON, without a line end.
[[nodiscard]] std::string to_json(const StoredEvent& stored);
/// The way back, for what to_json() wrote. Fails with `event.unreadable`.
Result<StoredEvent> event_from_json(std::string_view json);

}  // namespace headwater

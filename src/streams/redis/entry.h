// An event as an entry of the stream (docs/formats/redis-stream.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "src/event/event.h"
#include "src/event/known_names.h"
#include "src/streams/redis/connection.h"

namespace headwater::redis {

/// The sequence of an id such as "0-4711"; nothing for any other id.
[[nodiscard]] std::optional<std::uint64_t> sequence_of(std::string_view id);

/// Returns nothing for an entry that no relay wrote.
[[nodiscard]] std::optional<StoredEvent> read_entry(Reply entry, KnownNames& known);

}  // namespace headwater::redis

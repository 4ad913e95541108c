// An event as an entry of the stream (docs/formats/redis-stream.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "src/event/event.h"
#include "src/streams/redis/connection.h"

namespace headwater::redis {

/// The sequence that an id such as "0-4711" stands for; nothing for any other.
[[nodiscard]] std::optional<std::uint64_t> sequence_of(std::string_view id);

/// Nothing for an entry that no relay wrote.
[[nodiscard]] std::optional<StoredEvent> read_entry(Reply entry);

}  // namespace headwater::redis

// A point in time as text: RFC 3339 in UTC, with milliseconds.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "src/base/clock.h"

namespace headwater {

/// Appends a time such as 2026-11-23T08:15:30.123Z.
void append_time(std::string& to, WallTime time);
/// Parses exactly what append_time() writes.
[[nodiscard]] std::optional<WallTime> time_from(std::string_view text);
/// A time as a person types it: as append_time() writes it, or without milliseconds.
[[nodiscard]] std::optional<WallTime> typed_time_from(std::string text);

}  // namespace headwater

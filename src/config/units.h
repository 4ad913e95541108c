// Durations and sizes as people write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "src/base/clock.h"

namespace headwater::config {

/// "500ms", "5s", "10m", "1h", "7d". Nothing for any other text, or if it is too long.
[[nodiscard]] std::optional<Milliseconds> parse_duration(std::string_view text);

/// Bytes: "1024", "64KiB", "100MiB", "10GiB", "1TiB", and KB, MB, GB, TB as powers of ten.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace headwater::config

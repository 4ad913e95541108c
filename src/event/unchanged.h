// Rows of an update that leave out unchanged large values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace headwater {

/// Whether a row as JSON, as in an event's data, has a value that is marked as unchanged.
[[nodiscard]] bool leaves_out_unchanged(std::string_view row);

/// Returns the row with those values taken from `before`, the row before the update; nullopt if
/// `before` lacks one of them.
[[nodiscard]] std::optional<std::string> with_unchanged(std::string_view row,
                                                        std::string_view before);

}  // namespace headwater

// Rows of an update that leave out large values which stayed as they were.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace headwater {

/// Whether a row as JSON, as in an event's data, has a value that is said to be unchanged.
[[nodiscard]] bool leaves_out_unchanged(std::string_view row);

/// The row with those values as `before`, the row as it was, has them; nullopt if that does not
/// have one of them.
[[nodiscard]] std::optional<std::string> with_unchanged(std::string_view row,
                                                        std::string_view before);

}  // namespace headwater

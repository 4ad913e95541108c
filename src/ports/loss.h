// The errors of a source whose history does not fit the place it is to be read from.
#pragma once

#include <string_view>

#include "src/base/error.h"

namespace headwater {

/// The changes after the position no longer exist.
constexpr std::string_view history_lost = "source.history_lost";
/// The database is older than the position.
constexpr std::string_view went_back = "source.went_back";

/// Whether changes are missing. It may only look so: another relay may have continued, and let the
/// source forget.
[[nodiscard]] inline bool is_loss(const Error& error) {
  return error.name == history_lost || error.name == went_back;
}

}  // namespace headwater

// The names of errors that sources share, so that a policy recognizes them.
#pragma once

#include <string_view>

#include "src/base/error.h"

namespace headwater::sources {

constexpr std::string_view history_lost = "source.history_lost";
constexpr std::string_view went_back = "source.went_back";
constexpr std::string_view other_database = "source.other_database";
constexpr std::string_view bad_position = "source.bad_position";
constexpr std::string_view change_too_large = "source.change_too_large";

/// Whether a policy may go on after it: the changes after the position cannot be had.
[[nodiscard]] inline bool is_loss(const Error& error) {
  return error.name == history_lost || error.name == went_back;
}

}  // namespace headwater::sources

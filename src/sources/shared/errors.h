// The names of errors that sources share; those of a loss are the port's (loss.h).
#pragma once

#include <string_view>

namespace headwater::sources {

constexpr std::string_view other_database = "source.other_database";
constexpr std::string_view bad_position = "source.bad_position";
constexpr std::string_view change_too_large = "source.change_too_large";

}  // namespace headwater::sources

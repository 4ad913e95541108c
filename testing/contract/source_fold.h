// Values as text, to compare rows by.
#pragma once

#include <span>
#include <string>

#include "src/event/value.h"

namespace headwater::testing {

/// Different for different values.
[[nodiscard]] std::string fold_text(std::span<const Value> values);
[[nodiscard]] std::string fold_text(const Value& value);

}  // namespace headwater::testing

// The text of a value, as a value.
#pragma once

#include <cstdint>
#include <string_view>

#include "src/event/value.h"

namespace headwater::postgresql {

/// What kind of value a type has. Everything that is not one of these is text as PostgreSQL writes
/// it: arrays, enums, ranges, rows, intervals, money.
enum class Form : std::uint8_t { text, boolean, integer, real, decimal, time, json, blob };

/// A type's number in pg_type. Built-in types have the same in every database.
using TypeId = std::uint32_t;

/// The first number of a type that somebody has created. Below it, form_of() is certain.
constexpr TypeId first_created_type = 16'384;

/// The form of a built-in type; text for any other.
[[nodiscard]] Form form_of(TypeId type);

/// `text` is not NULL. A text that does not have its form stays text.
[[nodiscard]] Value value_of(Form form, std::string_view text);

}  // namespace headwater::postgresql

// The types of the columns that a copy makes.
#pragma once

#include <optional>
#include <string>

#include "src/event/value.h"

namespace headwater::target_postgresql {

/// In no order.
enum class Type { boolean, bigint, numeric, double_precision, text, bytea, json };

[[nodiscard]] const char* name_of(Type type);
/// From format_type(); nullopt for a type that no copy makes.
[[nodiscard]] std::optional<Type> type_named(const std::string& name);

/// The type for a value by itself; nullopt for NULL and Unchanged.
[[nodiscard]] std::optional<Type> type_for(const Value& value);
/// Whether a column of this type keeps the value exactly.
[[nodiscard]] bool holds(Type type, const Value& value);
/// The narrowest type for both what a column has and the value. A bigint becomes double precision
/// although that does not hold every bigint: the caller looks.
[[nodiscard]] Type wider(Type type, const Value& value);

/// The value as PostgreSQL reads it; nullopt for NULL.
[[nodiscard]] std::optional<std::string> text_of(const Value& value);

}  // namespace headwater::target_postgresql

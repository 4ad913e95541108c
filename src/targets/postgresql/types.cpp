#include "src/targets/postgresql/types.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "src/base/hex.h"
#include "src/event/encoding.h"
#include "src/event/json_text.h"

namespace headwater::target_postgresql {
namespace {

constexpr std::array<std::pair<Type, const char*>, 7> names{
    {{Type::boolean, "boolean"},
     {Type::bigint, "bigint"},
     {Type::numeric, "numeric"},
     {Type::double_precision, "double precision"},
     {Type::text, "text"},
     {Type::bytea, "bytea"},
     {Type::json, "json"}}};

// Beyond it a double skips integers.
constexpr std::int64_t largest_exact = std::int64_t{1} << 53;

bool is_number(Type type) { return type == Type::bigint || type == Type::numeric; }

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  std::string text;
  append_json_real(text, value);
  return text;
}

}  // namespace

const char* name_of(Type type) {
  return std::ranges::find(names, type, &std::pair<Type, const char*>::first)->second;
}

std::optional<Type> type_named(const std::string& name) {
  for (const auto& [type, text] : names) {
    if (name == text) return type;
  }
  return std::nullopt;
}

std::optional<Type> type_for(const Value& value) {
  return std::visit(
      [](const auto& held) -> std::optional<Type> {
        using Held = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<Held, bool>) return Type::boolean;
        if constexpr (std::is_same_v<Held, std::int64_t>) return Type::bigint;
        if constexpr (std::is_same_v<Held, std::uint64_t>) return Type::numeric;
        if constexpr (std::is_same_v<Held, Decimal>) return Type::numeric;
        if constexpr (std::is_same_v<Held, double>) return Type::double_precision;
        if constexpr (std::is_same_v<Held, Text>) return Type::text;
        if constexpr (std::is_same_v<Held, Time>) return Type::text;
        if constexpr (std::is_same_v<Held, Blob>) return Type::bytea;
        if constexpr (std::is_same_v<Held, JsonText>) return Type::json;
        return std::nullopt;
      },
      value);
}

bool holds(Type type, const Value& value) {
  const auto own = type_for(value);
  if (!own || *own == type || type == Type::text) return true;
  if (type == Type::numeric) return *own == Type::bigint;
  const auto* const whole = std::get_if<std::int64_t>(&value);
  return type == Type::double_precision && whole != nullptr && *whole <= largest_exact &&
         *whole >= -largest_exact;
}

Type wider(Type type, const Value& value) {
  if (holds(type, value)) return type;
  const Type own = *type_for(value);
  if (is_number(type) && is_number(own)) return Type::numeric;
  const bool real = type == Type::bigint && own == Type::double_precision;
  return real ? Type::double_precision : Type::text;
}

std::optional<std::string> text_of(const Value& value) {
  return std::visit(
      [](const auto& held) -> std::optional<std::string> {
        using Held = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<Held, std::monostate> || std::is_same_v<Held, Unchanged>) {
          return std::nullopt;
        } else if constexpr (std::is_same_v<Held, bool>) {
          return held ? "true" : "false";
        } else if constexpr (std::is_integral_v<Held>) {
          return std::to_string(held);
        } else if constexpr (std::is_same_v<Held, double>) {
          return number_text(held);
        } else if constexpr (std::is_same_v<Held, Text>) {
          return held.bytes;
        } else if constexpr (std::is_same_v<Held, Blob>) {
          std::string text = "\\x";
          append_hex_bytes(text, held.bytes);
          return text;
        } else {
          return held.text;
        }
      },
      value);
}

}  // namespace headwater::target_postgresql

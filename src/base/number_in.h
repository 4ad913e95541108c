// Digits as a number.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace headwater {

/// Takes the number that `text` begins with off it. Nothing, and `text` stays, if there are no
/// digits, or too many.
template <class Number = std::uint64_t>
[[nodiscard]] std::optional<Number> take_number(std::string_view& text, int base = 10) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

/// All of `text` as a number; nothing if it is anything else.
template <class Number = std::uint64_t>
[[nodiscard]] std::optional<Number> whole_number(std::string_view text, int base = 10) {
  const auto number = take_number<Number>(text, base);
  return text.empty() ? number : std::nullopt;
}

/// The number that `text` begins with; 0 if there are no digits, or too many.
[[nodiscard]] inline std::uint64_t number_in(std::string_view text) {
  return take_number(text).value_or(0);
}

}  // namespace headwater

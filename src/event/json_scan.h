// Splits JSON that this program wrote without building a tree: the parts are views of the text, so
// no value can lose precision.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headwater {

/// A member of an object, or an element of an array, which has no name.
struct JsonPart {
  std::string_view name;  ///< As written, without its quotes.
  std::string_view value;
};

/// The parts of the object or array, in order; nullopt if `json` is neither. Expects no white space
/// between them and does not check the values.
[[nodiscard]] std::optional<std::vector<JsonPart>> json_parts(std::string_view json);

/// Joins the parts to an object or, if `object` is false, to an array.
[[nodiscard]] std::string json_of(const std::vector<JsonPart>& parts, bool object);

/// The same value with the members of every object sorted by name: equal for two values that only
/// differ in the order of fields.
[[nodiscard]] std::string sorted_json(std::string_view json);

/// The position after the string that begins at `at`; std::string_view::npos if it does not end.
[[nodiscard]] std::size_t end_of_json_string(std::string_view json, std::size_t at);

/// Decodes a name or a string without its quotes; returns it as written if it is malformed.
[[nodiscard]] std::string json_unescaped(std::string_view written);

}  // namespace headwater

// Takes JSON that this program wrote apart without building a tree: the parts are views of the text
// as it stands, so that nothing of a value can be lost on the way.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headwater {

/// A member of an object; or an element of an array, without a name.
struct JsonPart {
  std::string_view name;  ///< As written, without its quotes.
  std::string_view value;
};

/// The parts of the object or array, in order; nullopt if `json` is neither. Expects no white space
/// between them, and does not look into the values.
[[nodiscard]] std::optional<std::vector<JsonPart>> json_parts(std::string_view json);

/// The way back. `object`: else an array.
[[nodiscard]] std::string json_of(const std::vector<JsonPart>& parts, bool object);

/// The same with the members of every object in the order of their names: equal for two values that
/// differ in nothing but the order of fields.
[[nodiscard]] std::string sorted_json(std::string_view json);

/// What a name or a string stands for, without its quotes; as written if it is ill-formed.
[[nodiscard]] std::string json_unescaped(std::string_view written);

}  // namespace headwater

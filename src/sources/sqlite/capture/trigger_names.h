// The names of our triggers. No I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace headwater::sqlite {

/// "_headwater_12_": the prefix of the names of a shape's triggers.
[[nodiscard]] std::string trigger_prefix(std::int64_t shape);

/// The shape of this trigger, by its name and its text; nullopt: it is not ours.
[[nodiscard]] std::optional<std::int64_t> shape_of_trigger(std::string_view name,
                                                           std::string_view sql);

/// The shape whose triggers could not be created because of this name, whoever uses it and in any
/// case; nullopt: none.
[[nodiscard]] std::optional<std::int64_t> number_taken(std::string_view name);

}  // namespace headwater::sqlite

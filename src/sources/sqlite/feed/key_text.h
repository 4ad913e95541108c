// The values of a key as text: printable, exact, and different for different keys.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/event/value.h"

namespace headwater::sqlite {

/// "i42,tabc,bdeadbeef,r3ff0000000000000,n": the kind's letter, then the value; specified in
/// docs/formats/sqlite-position.md. Never empty for at least one value.
[[nodiscard]] std::string key_text(std::span<const Value> values);
void append_key_text(std::string& to, std::span<const Value> values);
[[nodiscard]] std::optional<std::vector<Value>> parse_key_text(std::string_view text);

}  // namespace headwater::sqlite

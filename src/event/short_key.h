// A key's text, shortened to fit into headers, ids and subjects.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace headwater {

/// A longer key is replaced by its hash everywhere except in the event's data.
constexpr std::size_t longest_key_text = 1'000;

/// Returns `text`, or '#' and 32 hexadecimal digits if it is longer than longest_key_text.
/// Different keys have different results: no value's text begins with '#', and the hash has 128
/// bits (XXH3).
[[nodiscard]] std::string short_key(std::string text);
/// Whether short_key() replaced it by a hash.
[[nodiscard]] inline bool is_hashed(std::string_view key) { return key.starts_with('#'); }

/// For messages: the first 200 bytes of an id or a key, and a mark if there is more.
[[nodiscard]] std::string in_few_bytes(std::string_view text);

}  // namespace headwater

// A key's text, cut to what headers, ids and subjects can hold.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace headwater {

/// A key's text that is longer stands as its hash wherever it is not the event's data.
constexpr std::size_t longest_key_text = 1'000;

/// `text` itself, or '#' and 32 hexadecimal digits if it is longer than longest_key_text. Two keys
/// do not share the result: no value's text begins with '#', and the hash has 128 bits (XXH3).
[[nodiscard]] std::string short_key(std::string text);
/// Whether short_key() made a hash of it.
[[nodiscard]] inline bool is_hashed(std::string_view key) { return key.starts_with('#'); }

/// For a person's eyes: the first 200 bytes of an id or a key, and that there is more.
[[nodiscard]] std::string in_few_bytes(std::string_view text);

}  // namespace headwater

#include "src/event/short_key.h"

#include <xxhash.h>

#include <cstdint>

namespace headwater {

std::string short_key(std::string text) {
  if (text.size() <= longest_key_text) return text;
  constexpr std::string_view digits = "0123456789abcdef";
  XXH128_canonical_t hash;
  XXH128_canonicalFromHash(&hash, XXH3_128bits(text.data(), text.size()));
  std::string key = "#";
  for (const unsigned char byte : hash.digest) {
    key += digits[byte >> 4U];
    key += digits[byte & 15U];
  }
  return key;
}

std::string in_few_bytes(std::string_view text) {
  constexpr std::size_t few = 200;
  std::string shown(text.substr(0, few));
  if (text.size() > few) shown += "...";
  return shown;
}

}  // namespace headwater

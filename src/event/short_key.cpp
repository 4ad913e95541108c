#include "src/event/short_key.h"

#include <xxhash.h>

#include "src/event/encoding.h"

namespace headwater {

std::string short_key(std::string text) {
  if (text.size() <= longest_key_text) return text;
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  std::string key = "#";
  append_hex(key, hash.high64);
  append_hex(key, hash.low64);
  return key;
}

std::string in_few_bytes(std::string_view text) {
  constexpr std::size_t few = 200;
  std::string shown(text.substr(0, few));
  if (text.size() > few) shown += "...";
  return shown;
}

}  // namespace headwater

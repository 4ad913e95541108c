#include "src/kubernetes/names.h"

#include <xxhash.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "src/base/hex.h"

namespace headwater::kubernetes {
namespace {

constexpr std::size_t hash_digits = 8;
// Of the keys of a Secret.
constexpr std::size_t longest_key = 253;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

std::string hash_of(std::string_view text) {
  std::uint64_t hash = XXH3_64bits(text.data(), text.size());
  std::string digits;
  for (std::size_t i = 0; i < hash_digits; ++i, hash >>= 4U) digits += hex_digits[hash & 15U];
  return digits;
}

/// Whether it looks like a label with a hash at its end.
bool ends_with_hash(std::string_view text) {
  if (text.size() <= hash_digits || text[text.size() - hash_digits - 1] != '-') return false;
  return text.substr(text.size() - hash_digits).find_first_not_of(hex_digits) ==
         std::string_view::npos;
}

std::string with_hash(std::string label, std::string_view text, std::size_t longest) {
  label.resize(std::min(label.size(), longest - hash_digits - 1));
  while (label.ends_with('-')) label.pop_back();
  return label + (label.empty() ? "h-" : "-") + hash_of(text);
}

std::string file_name_of(std::string_view path) {
  return std::string(
      path.substr(path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1));
}

bool in_a_key(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
}

}  // namespace

bool is_dns_label(std::string_view text) {
  return !text.empty() && text.size() <= longest_label && is_lower_or_digit(text.front()) &&
         is_lower_or_digit(text.back()) &&
         std::ranges::all_of(text, [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

std::string dns_label(std::string_view text) {
  if (is_dns_label(text) && !ends_with_hash(text)) return std::string(text);
  std::string label;
  for (const char c : text) {
    const char lower = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (is_lower_or_digit(lower)) {
      label += lower;
    } else if (!label.empty()) {
      label += '-';
    }
  }
  return with_hash(std::move(label), text, longest_label);
}

std::string object_name(std::string_view relay) {
  return dns_label("headwater-" + std::string(relay));
}

std::string secret_key(std::string_view path) {
  const std::string name = file_name_of(path);
  const bool fine = !name.empty() && name.size() <= longest_key && !name.starts_with('.') &&
                    !ends_with_hash(name) && std::ranges::all_of(name, in_a_key);
  return fine ? name : hashed_secret_key(path);
}

std::string hashed_secret_key(std::string_view path) {
  std::string key;
  for (const char c : file_name_of(path)) {
    if (in_a_key(c) && (c != '.' || !key.empty())) key += c;
  }
  return with_hash(std::move(key), path, longest_key);
}

}  // namespace headwater::kubernetes

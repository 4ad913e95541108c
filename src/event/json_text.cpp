#include "src/event/json_text.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "src/base/eight_bytes.h"
#include "src/base/hex.h"

namespace headwater {
namespace {

constexpr unsigned char byte_of(char c) { return static_cast<unsigned char>(c); }

constexpr bool in(unsigned char byte, unsigned char least, unsigned char most) {
  return byte >= least && byte <= most;
}

/// Length of the UTF-8 character at the start of `bytes`; 0 if there is none. No overlong forms, no
/// surrogates, nothing above U+10FFFF (RFC 3629).
std::size_t character_length(std::string_view bytes) {
  const unsigned char first = byte_of(bytes[0]);
  if (first < 0x80) return 1;
  const auto follows = [&bytes](std::size_t at, unsigned char least, unsigned char most) {
    return at < bytes.size() && in(byte_of(bytes[at]), least, most);
  };
  if (in(first, 0xC2, 0xDF)) return follows(1, 0x80, 0xBF) ? 2 : 0;
  if (in(first, 0xE0, 0xEF)) {
    const unsigned char least = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned char most = first == 0xED ? 0x9F : 0xBF;
    return follows(1, least, most) && follows(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (in(first, 0xF0, 0xF4)) {
    const unsigned char least = first == 0xF0 ? 0x90 : 0x80;
    const unsigned char most = first == 0xF4 ? 0x8F : 0xBF;
    return follows(1, least, most) && follows(2, 0x80, 0xBF) && follows(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

constexpr bool needs_escape(unsigned char byte) {
  return byte < 0x20 || byte == '"' || byte == '\\' || byte == 0x7F;
}

bool may_need_escape(EightBytes eight) {
  return eight.any_below(' ') || eight.any('"') || eight.any('\\') || eight.any('\x7f');
}

void append_escaped(std::string& to, unsigned char byte) {
  switch (byte) {
    case '"':
      to += "\\\"";
      return;
    case '\\':
      to += "\\\\";
      return;
    case '\n':
      to += "\\n";
      return;
    case '\r':
      to += "\\r";
      return;
    case '\t':
      to += "\\t";
      return;
    default:
      to += "\\u00";
      to += upper_hex_digits[byte >> 4U];
      to += upper_hex_digits[byte & 0x0FU];
  }
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    if (bytes.size() >= EightBytes::size && !EightBytes(bytes, 0).any_not_ascii()) {
      bytes.remove_prefix(EightBytes::size);
      continue;
    }
    const std::size_t length = byte_of(bytes[0]) < 0x80 ? 1 : character_length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

void append_json_string(std::string& to, std::string_view text) {
  to += '"';
  std::size_t plain = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (text.size() - at >= EightBytes::size && !may_need_escape({text, at})) {
      at += EightBytes::size;
      continue;
    }
    const unsigned char byte = byte_of(text[at++]);
    if (!needs_escape(byte)) continue;
    to.append(text, plain, at - 1 - plain);
    append_escaped(to, byte);
    plain = at;
  }
  to.append(text, plain, text.size() - plain);
  to += '"';
}

void append_json_name(std::string& to, std::string_view text) {
  if (is_utf8(text)) {
    append_json_string(to, text);
    return;
  }
  std::string repaired;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    if (length == 0) {
      repaired += "\xEF\xBF\xBD";
    } else {
      repaired.append(text, 0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  append_json_string(to, repaired);
}

void append_json_member(std::string& to, std::string_view name, std::string_view text) {
  to += ",\"";
  to += name;
  to += "\":";
  append_json_name(to, text);
}

void append_json_integer(std::string& to, std::int64_t value) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  to.append(digits.data(), end);
}

void append_json_real(std::string& to, double value) {
  std::array<char, 40> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  const std::string_view written(digits.data(), static_cast<std::size_t>(end - digits.data()));
  to += written;
  if (written.find_first_of(".e") == std::string_view::npos) to += ".0";
}

}  // namespace headwater

#include "src/event/encoding.h"

#include <algorithm>
#include <cstddef>

#include "src/base/hex.h"
#include "src/base/number_in.h"

namespace headwater {
namespace {

constexpr unsigned char byte_value(char c) { return static_cast<unsigned char>(c); }

/// RFC 3986, section 2.3.
constexpr bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::optional<std::uint32_t> base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a' + 26);
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0' + 52);
  if (c == '+') return 62;
  if (c == '/') return 63;
  return std::nullopt;
}

}  // namespace

void append_hex(std::string& to, std::uint64_t bits) {
  for (unsigned shift = 64; shift > 0; shift -= 4) to += hex_digits[bits >> (shift - 4) & 15U];
}

void append_base64(std::string& to, std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t here = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = (group << 8U) | (i < here ? byte_value(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      to += i <= here ? digits[(group >> (18U - 6U * i)) & 63U] : '=';
    }
  }
}

std::optional<std::string> base64_decoded(std::string_view text) {
  std::string bytes;
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const char c : text) {
    if (c == '=') break;
    const auto digit = base64_digit(c);
    if (!digit) return std::nullopt;
    group = (group << 6U) | *digit;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>((group >> bits) & 0xFFU);
    }
  }
  return bytes;
}

void append_percent_bytes(std::string& to, std::string_view bytes) {
  for (const char c : bytes) {
    to += '%';
    to += upper_hex_digits[byte_value(c) >> 4U];
    to += upper_hex_digits[byte_value(c) & 0x0FU];
  }
}

void append_percent_encoded(std::string& to, std::string_view bytes, std::string_view also) {
  for (const char& c : bytes) {
    if (is_unreserved(c) && also.find(c) == std::string_view::npos) {
      to += c;
    } else {
      append_percent_bytes(to, {&c, 1});
    }
  }
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string bytes = with_percents_decoded(text);
  std::string again;
  append_percent_encoded(again, bytes);
  if (again != text) return std::nullopt;
  return bytes;
}

void append_percents_decoded(std::string& to, std::string_view text) {
  to.reserve(to.size() + text.size());
  for (;;) {
    const auto percent = text.find('%');
    to += text.substr(0, percent);
    if (percent == std::string_view::npos) return;
    text.remove_prefix(percent);
    const auto digits = text.substr(1, 2);
    const auto byte = digits.size() == 2 ? whole_number<unsigned char>(digits, 16) : std::nullopt;
    to += byte ? static_cast<char>(*byte) : '%';
    text.remove_prefix(byte ? 3 : 1);
  }
}

std::string with_percents_decoded(std::string_view text) {
  std::string bytes;
  append_percents_decoded(bytes, text);
  return bytes;
}

}  // namespace headwater

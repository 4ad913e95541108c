#include "src/event/json_text.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <variant>

#include "src/base/hex.h"
#include "src/base/number_in.h"

namespace headwater {
namespace {

constexpr std::string_view upper_hex_digits = "0123456789ABCDEF";
// The integers that an IEEE double, and so most JSON readers, hold without rounding.
constexpr std::int64_t largest_exact_integer = (std::int64_t{1} << 53) - 1;

constexpr unsigned char byte_of(char c) { return static_cast<unsigned char>(c); }

constexpr bool in(unsigned char byte, unsigned char least, unsigned char most) {
  return byte >= least && byte <= most;
}

constexpr bool is_unreserved(char c) {
  const unsigned char byte = byte_of(c);
  return in(byte, 'a', 'z') || in(byte, 'A', 'Z') || in(byte, '0', '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
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

// Most text is plain ASCII, so eight bytes are tested as one number: first for non-ASCII bytes,
// then for bytes that must be escaped.
constexpr std::size_t word_bytes = sizeof(std::uint64_t);
constexpr std::uint64_t each_byte = 0x0101010101010101U;
constexpr std::uint64_t high_bits = 0x80 * each_byte;

std::uint64_t word_at(std::string_view bytes, std::size_t at) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data() + at, word_bytes);
  return word;
}

/// Not zero if one of the bytes is zero ("Determine if a word has a zero byte", Bit Twiddling
/// Hacks); a byte after it may count as zero too, which only costs a second test.
constexpr std::uint64_t any_zero(std::uint64_t word) {
  return (word - each_byte) & ~word & high_bits;
}

bool may_need_escape(std::uint64_t word) {
  const std::uint64_t below_space = (word - 0x20 * each_byte) & ~word & high_bits;
  return (below_space | any_zero(word ^ ('"' * each_byte)) | any_zero(word ^ ('\\' * each_byte)) |
          any_zero(word ^ (0x7F * each_byte))) != 0;
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

/// {"$tag":"…"} around what `body` appends.
template <class Body>
void append_tagged(std::string& to, std::string_view tag, const Body& body) {
  to += "{\"$";
  to += tag;
  to += "\":\"";
  body();
  to += "\"}";
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    if (bytes.size() >= word_bytes && (word_at(bytes, 0) & high_bits) == 0) {
      bytes.remove_prefix(word_bytes);
      continue;
    }
    const std::size_t length = character_length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

void append_json_string(std::string& to, std::string_view text) {
  to += '"';
  std::size_t plain = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (text.size() - at >= word_bytes && !may_need_escape(word_at(text, at))) {
      at += word_bytes;
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

namespace {

/// Writes a value as docs/formats/event.md specifies.
struct AppendValue {
  std::string& to;

  void operator()(std::monostate) const { to += "null"; }
  void operator()(bool value) const { to += value ? "true" : "false"; }
  void operator()(std::int64_t value) const {
    if (value >= -largest_exact_integer && value <= largest_exact_integer) {
      append_json_integer(to, value);
    } else {
      append_tagged(to, "int", [&] { append_json_integer(to, value); });
    }
  }
  void operator()(std::uint64_t value) const {
    if (value <= static_cast<std::uint64_t>(largest_exact_integer)) {
      append_json_integer(to, static_cast<std::int64_t>(value));
    } else {
      append_tagged(to, "int", [&] { to += std::to_string(value); });
    }
  }
  void operator()(double value) const {
    if (std::isfinite(value)) {
      append_json_real(to, value);
    } else {
      append_tagged(to, "real", [&] {
        to += std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
      });
    }
  }
  void operator()(const Text& text) const {
    if (is_utf8(text.bytes)) {
      append_json_string(to, text.bytes);
    } else {
      append_tagged(to, "text", [&] { append_base64(to, text.bytes); });
    }
  }
  void operator()(const Blob& blob) const {
    append_tagged(to, "blob", [&] { append_base64(to, blob.bytes); });
  }
  void operator()(const Decimal& decimal) const { append_tagged_string("decimal", decimal.text); }
  void operator()(const Time& time) const { append_tagged_string("time", time.text); }
  void operator()(const JsonText& json) const { append_tagged_string("json", json.text); }
  void operator()(Unchanged) const { to += R"({"$unchanged":true})"; }

  void append_tagged_string(std::string_view tag, std::string_view text) const {
    to.append(R"({"$)").append(tag).append("\":");
    append_json_name(to, text);
    to += '}';
  }
};

}  // namespace

void append_json_value(std::string& to, const Value& value) { std::visit(AppendValue{to}, value); }

void append_json_row(std::string& to, const TableRow& row) {
  to += '{';
  for (std::size_t at = 0; at < row.values.size(); ++at) {
    if (at > 0) to += ',';
    append_json_name(to, (*row.columns)[at]);
    to += ':';
    append_json_value(to, row.values[at]);
  }
  to += '}';
}

void append_time(std::string& to, WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  const auto two = [&to](auto number) {
    to += static_cast<char>('0' + number / 10);
    to += static_cast<char>('0' + number % 10);
  };
  const int year = static_cast<int>(date.year());
  two(year / 100);
  two(year % 100);
  to += '-';
  two(static_cast<unsigned>(date.month()));
  to += '-';
  two(static_cast<unsigned>(date.day()));
  to += 'T';
  two(clock.hours().count());
  to += ':';
  two(clock.minutes().count());
  to += ':';
  two(clock.seconds().count());
  to += '.';
  const auto thousandths = clock.subseconds().count();
  to += static_cast<char>('0' + thousandths / 100);
  two(thousandths % 100);
  to += 'Z';
}

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
      group = (group << 8U) | (i < here ? byte_of(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      to += i <= here ? digits[(group >> (18U - 6U * i)) & 63U] : '=';
    }
  }
}

void append_percent_bytes(std::string& to, std::string_view bytes) {
  for (const char c : bytes) {
    to += '%';
    to += upper_hex_digits[byte_of(c) >> 4U];
    to += upper_hex_digits[byte_of(c) & 0x0FU];
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

std::string with_percents_decoded(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto code = text.substr(at, 3);
    const auto byte = code.size() == 3 && code.front() == '%'
                          ? whole_number<unsigned char>(code.substr(1), 16)
                          : std::nullopt;
    bytes += byte ? static_cast<char>(*byte) : text[at];
    if (byte) at += 2;
  }
  return bytes;
}

// 2026-11-23T08:15:30.123Z.
std::optional<WallTime> time_from(std::string_view text) {
  constexpr std::array<std::size_t, 7> begins{0, 5, 8, 11, 14, 17, 20};
  constexpr std::array<std::size_t, 7> lengths{4, 2, 2, 2, 2, 2, 3};
  std::array<unsigned, 7> parts{};
  if (text.size() != 24) return std::nullopt;
  for (std::size_t at = 0; at < parts.size(); ++at) {
    const auto part = whole_number<unsigned>(text.substr(begins[at], lengths[at]));
    if (!part) return std::nullopt;
    parts[at] = *part;
  }
  const auto [year, month, day, hours, minutes, seconds, milliseconds] = parts;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hours) + std::chrono::minutes(minutes) +
         std::chrono::seconds(seconds) + Milliseconds(milliseconds);
}

}  // namespace headwater

#include "src/sources/sqlite/feed/key_text.h"

#include <bit>
#include <cstdint>

#include "src/base/invariant.h"
#include "src/base/number_in.h"
#include "src/event/json_text.h"

namespace headwater::sqlite {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

void append_hex_bytes(std::string& to, std::string_view bytes) {
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    to += hex_digits[byte >> 4U];
    to += hex_digits[byte & 15U];
  }
}

/// Two hex_digits as one byte: one spelling for each value.
std::optional<char> byte_of(std::string_view pair) {
  if (pair.size() < 2) return std::nullopt;
  const auto high = hex_digits.find(pair[0]);
  const auto low = hex_digits.find(pair[1]);
  if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
  return static_cast<char>(high << 4U | low);
}

struct Append {
  std::string& to;

  void operator()(std::monostate) const { to += 'n'; }
  void operator()(std::int64_t value) const { to.append("i").append(std::to_string(value)); }
  void operator()(double value) const {
    to += 'r';
    append_hex(to, std::bit_cast<std::uint64_t>(value));
  }
  void operator()(const Text& text) const { append_percent_encoded(to += 't', text.bytes); }
  void operator()(const Blob& blob) const { append_hex_bytes(to += 'b', blob.bytes); }
  template <class Other>
  void operator()(const Other& /*value*/) const {
    unreachable("SQLite has five types");
  }
};

std::optional<Value> parse_real(std::string_view text) {
  std::uint64_t bits = 0;
  if (text.size() != 16) return std::nullopt;
  for (const char c : text) {
    const auto digit = hex_digits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << 4U | digit;
  }
  return std::bit_cast<double>(bits);
}

std::optional<Value> parse_blob(std::string_view text) {
  Blob blob;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto byte = byte_of(text.substr(i));
    if (!byte) return std::nullopt;
    blob.bytes += *byte;
  }
  return blob;
}

std::optional<Value> parse_value(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const std::string_view rest = text.substr(1);
  switch (text.front()) {
    case 'n':
      if (!rest.empty()) return std::nullopt;
      return std::monostate{};
    case 'i':
      return whole_number<std::int64_t>(rest);
    case 'r':
      return parse_real(rest);
    case 'b':
      return parse_blob(rest);
    case 't':
      if (auto decoded = percent_decoded(rest)) return Text{std::move(*decoded)};
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace

void append_key_text(std::string& to, std::span<const Value> values) {
  bool first = true;
  for (const Value& value : values) {
    if (!first) to += ',';
    first = false;
    std::visit(Append{to}, value);
  }
}

std::string key_text(std::span<const Value> values) {
  std::string result;
  append_key_text(result, values);
  return result;
}

std::optional<std::vector<Value>> parse_key_text(std::string_view text) {
  std::vector<Value> values;
  for (;;) {
    const auto comma = text.find(',');
    auto value = parse_value(text.substr(0, comma));
    if (!value) return std::nullopt;
    values.push_back(std::move(*value));
    if (comma == std::string_view::npos) return values;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace headwater::sqlite

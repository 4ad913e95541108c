#include "src/sources/sqlite/feed/key_text.h"

#include <bit>
#include <cstdint>

#include "src/base/hex.h"
#include "src/base/invariant.h"
#include "src/base/number_in.h"
#include "src/event/json_text.h"

namespace headwater::sqlite {
namespace {

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

/// One spelling for each value.
std::optional<Value> parse_real(std::string_view text) {
  if (text.size() != 16 || text.find_first_not_of(hex_digits) != std::string_view::npos) {
    return std::nullopt;
  }
  return std::bit_cast<double>(*whole_number(text, 16));
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
      if (auto bytes = bytes_from_hex(rest)) return Blob{std::move(*bytes)};
      return std::nullopt;
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

// The JSON of a database's values and rows.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "src/event/encoding.h"
#include "src/event/json_text.h"

namespace headwater {
namespace {

// The integers that an IEEE double, and so most JSON readers, hold without rounding.
constexpr std::int64_t largest_exact_integer = (std::int64_t{1} << 53) - 1;

/// Appends {"$tag":"…"} around what `body` appends.
template <class Body>
void append_tagged(std::string& to, std::string_view tag, const Body& body) {
  to += "{\"$";
  to += tag;
  to += "\":\"";
  body();
  to += "\"}";
}

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

}  // namespace headwater

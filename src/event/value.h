// One column's value, exactly as the database has it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace headwater {

/// Bytes that the database calls text. Usually UTF-8, but not guaranteed.
struct Text {
  std::string bytes;
  bool operator==(const Text&) const = default;
};

struct Blob {
  std::string bytes;
  bool operator==(const Blob&) const = default;
};

/// A number of any size with a decimal point, as the database writes it: "12.50", "NaN".
struct Decimal {
  std::string text;
  bool operator==(const Decimal&) const = default;
};

/// A date, a time of day, or both, as the database writes it: "2026-11-23 08:15:30.123456+00".
struct Time {
  std::string text;
  bool operator==(const Time&) const = default;
};

/// A value of a JSON column, as the database writes it. Always UTF-8.
struct JsonText {
  std::string text;
  bool operator==(const JsonText&) const = default;
};

/// A large value that an update did not touch and the database did not send. It is unchanged.
struct Unchanged {
  bool operator==(const Unchanged&) const = default;
};

/// std::monostate is SQL NULL. An absent column has no Value. A whole number that fits std::int64_t
/// is always stored as one, so that equal numbers are equal values.
using Value = std::variant<std::monostate, std::int64_t, double, Text, Blob, bool, std::uint64_t,
                           Decimal, Time, JsonText, Unchanged>;

[[nodiscard]] inline bool is_unchanged(const Value& value) {
  return std::holds_alternative<Unchanged>(value);
}

/// Column names, shared by all rows of one shape.
using Columns = std::shared_ptr<const std::vector<std::string>>;

/// Prefixes of a value in a key's exact text, because 1, '1' and x'31' are three keys.
/// Percent-encoded text contains none of them.
constexpr char text_sign = '\'';
constexpr char blob_sign = ':';
constexpr char decimal_sign = '=';
constexpr char time_sign = '@';
constexpr char json_sign = '&';

/// A row of a table, or its key columns. values[i] belongs to (*columns)[i]. A column that is not
/// in `columns` is one whose value the database did not report.
struct TableRow {
  Columns columns;
  std::vector<Value> values;
};

/// A document, or its key. The source has already written it as JSON, in its own notation and only
/// once.
struct Document {
  std::string json;  ///< An object; copied into the event unchanged.
  /// Only of a key: its values, percent-encoded and joined by '/', with text_sign before each text
  /// value. Unique for each key.
  std::string exact_key{};
};

using Row = std::variant<TableRow, Document>;

/// Those of a row of a table; none without a row, or for a document.
[[nodiscard]] inline std::span<const Value> values_of(const Row& row) {
  const auto* known = std::get_if<TableRow>(&row);
  return known != nullptr ? std::span<const Value>(known->values) : std::span<const Value>();
}
[[nodiscard]] inline std::span<const Value> values_of(const std::optional<Row>& row) {
  return row ? values_of(*row) : std::span<const Value>();
}
std::span<const Value> values_of(Row&& row) = delete;
std::span<const Value> values_of(std::optional<Row>&& row) = delete;
/// That of a document; empty without one, or for a row of a table.
[[nodiscard]] inline std::string_view json_of(const std::optional<Row>& row) {
  const auto* document = row ? std::get_if<Document>(&*row) : nullptr;
  return document != nullptr ? std::string_view(document->json) : std::string_view();
}
std::string_view json_of(std::optional<Row>&& row) = delete;

/// Bytes of its text or blob, in addition to those of every Value.
[[nodiscard]] std::size_t bytes_in(const Value& value);

/// Approximate bytes in memory; the bounded queues count it.
[[nodiscard]] std::size_t footprint(const Row& row);

}  // namespace headwater

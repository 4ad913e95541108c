// One column's value, exactly as the database holds it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace headwater {

/// Bytes the database calls text. Usually UTF-8, but nobody promised.
struct Text {
  std::string bytes;
  bool operator==(const Text&) const = default;
};

struct Blob {
  std::string bytes;
  bool operator==(const Blob&) const = default;
};

/// std::monostate is SQL NULL. A column that is absent has no Value at all.
using Value = std::variant<std::monostate, std::int64_t, double, Text, Blob>;

/// Column names, shared by all rows of one shape.
using Columns = std::shared_ptr<const std::vector<std::string>>;

/// Stand before a value in a key's exact text, because 1, '1' and x'31' are three keys. What is
/// percent-encoded has neither.
constexpr char text_sign = '\'';
constexpr char blob_sign = ':';

/// One row, or the key columns of one. values[i] belongs to (*columns)[i].
///
/// Or a document, or the key of one: then there are no columns, and the source has already written
/// it as JSON, in its own notation and only once.
struct Row {
  Columns columns;
  std::vector<Value> values;
  std::string document{};  ///< A JSON object; stands in the event as it is. Empty: this is a row.
  /// Only of a document's key: its values, percent-encoded and joined by '/', with text_sign before
  /// each that is text. No other key has the same.
  std::string exact_key{};

  /// Neither a row nor a document.
  [[nodiscard]] bool absent() const { return !columns && document.empty(); }
};

/// Bytes this row takes in memory, roughly; what the bounded queues count.
[[nodiscard]] std::size_t footprint(const Row& row);

}  // namespace headwater

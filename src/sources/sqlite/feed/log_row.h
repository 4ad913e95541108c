// One row of the change log, decoded.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "src/event/change.h"
#include "src/event/value.h"
#include "src/sources/sqlite/feed/shape_book.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// The numbers the log's `op` column holds.
enum class LogOp : std::uint8_t { insert = 1, update = 2, remove = 3, drop = 5, gap = 6 };

/// A gap's row has its reason, from, to, restated (0 or 1), and its relay (NULL: all).
constexpr int gap_values = 5;

struct LogRow {
  std::int64_t seq = 0;
  LogOp op = LogOp::insert;
  std::int64_t time = 0;             ///< UTC, milliseconds.
  const FeedShape* shape = nullptr;  ///< None for a gap of the whole database.
  std::vector<Value> before;         ///< An image, with the rowid if the shape has it.
  std::vector<Value> after;
  std::vector<Value> said;  ///< The values of a gap's row.
  /// Fingerprint of the row's content; none if it was too large to read.
  std::optional<std::uint64_t> hash;
  std::uint64_t size = 0;  ///< Bytes of the values.
  /// Larger than allowed: only `key` is set; and, for an update, `after` if it is not too large by
  /// itself.
  bool too_large = false;
  std::vector<Value> key;  ///< Only if too_large.

  /// Whether the new state of the row, or its removal, can be published; if not, even that is too
  /// large.
  [[nodiscard]] bool can_be_told() const {
    return !too_large || (op == LogOp::remove && !key.empty()) || !after.empty();
  }
};

/// Bytes of a value's content.
[[nodiscard]] std::uint64_t size_of(const Value& value);
[[nodiscard]] Value value_of(const Statement& row, int column);

/// Fingerprint of a log row, from its values; docs/formats/sqlite-position.md.
class Fingerprint {
 public:
  void begin(std::int64_t seq, std::int64_t shape, std::int64_t op, std::int64_t time);
  void add(std::span<const Value> values);
  [[nodiscard]] std::uint64_t end() const;

 private:
  std::string bytes_;
};

/// The key of an image.
[[nodiscard]] std::vector<Value> key_of(const FeedShape& shape, std::span<const Value> image);
/// The image as a row to publish: without the rowid.
[[nodiscard]] Row row_of(const FeedShape& shape, std::vector<Value>&& image);

}  // namespace headwater::sqlite

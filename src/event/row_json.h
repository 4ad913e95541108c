// Reads rows from an event's data as columns with values. Fast, because whoever builds a copy of
// the tables reads every row.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "src/event/value.h"

namespace headwater {

/// Whose notation a row is written in.
enum class RowNotation {
  columns,    ///< docs/formats/event.md, Values.
  documents,  ///< Extended JSON of a document's fields.
};

/// Reads the rows of one table. Rows whose columns have the same names in the same order share one
/// Columns. One thread.
class RowJson {
 public:
  explicit RowJson(RowNotation notation) : notation_(notation) {}

  /// nullopt if `json` is not an object, or a value in it is not one of a column. A document's
  /// fields are columns: an ObjectId is its digits, a date a Time, a number a number, plain binary
  /// data a Blob, and every other value that is not plain is JsonText. Of a repeated name, the last
  /// value counts.
  std::optional<TableRow> read(std::string_view json);
  /// The same into an existing row, whose memory is used again. False: the row is unusable.
  [[nodiscard]] bool read(std::string_view json, TableRow& into);

 private:
  [[nodiscard]] bool set(Value& value, std::string_view json) const;
  Columns columns_for(const std::vector<std::string_view>& written);

  RowNotation notation_;
  std::vector<std::string_view> names_;  // of the row that is being read
  std::vector<std::string> written_;     // the names of columns_, as written
  std::vector<std::size_t> kept_;        // which of them are columns; empty: all
  Columns columns_;
};

/// A value of a row as a relay writes it; nullopt if it is not one.
[[nodiscard]] std::optional<Value> value_in_json(std::string_view json);

}  // namespace headwater

// A table's primary key, and where its columns are in the keys that the events have.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "src/base/error.h"
#include "src/event/value.h"

namespace headwater::targets {

class PrimaryKey {
 public:
  PrimaryKey() = default;
  explicit PrimaryKey(std::vector<std::string> columns) : columns_(std::move(columns)) {}

  [[nodiscard]] const std::vector<std::string>& columns() const { return columns_; }
  [[nodiscard]] bool has(const std::string& column) const;

  /// Compares the key's columns with these, once for each list of columns. Fails with
  /// `target.key_differs`.
  Result<void> check(const std::string& table, const TableRow& key);
  /// The value of columns()[index] in a key that check() has accepted.
  [[nodiscard]] const Value& value(const TableRow& key, std::size_t index) const {
    return key.values[order_[index]];
  }

 private:
  std::vector<std::string> columns_;
  Columns checked_;                 // the last key's
  std::vector<std::size_t> order_;  // where each of columns_ is in it
};

}  // namespace headwater::targets

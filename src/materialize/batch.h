// What one transaction of the target will contain.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/clock.h"
#include "src/materialize/row_index.h"
#include "src/ports/target.h"

namespace headwater::materialize {

/// Operations in order. Of several operations on one row, those that a later one makes superfluous
/// are left out. One thread.
class Batch {
 public:
  /// Adds an operation on one row. `row` is the same for all operations on a row, and different for
  /// different rows. `latest` has the rows of this batch. `size` is approximate, in bytes.
  void add(RowIndex& latest, std::string_view row, RowOperation operation, std::size_t size);
  /// Adds an operation on tables. Nothing moves across it.
  void add(RowIndex& latest, RowOperation operation);

  [[nodiscard]] std::vector<RowOperation>& operations() { return operations_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  // Of the last event, whether it had an operation or not.
  CopyPlace place;
  WallTime time{};
  std::uint64_t events = 0;
  bool last = false;  ///< Nothing follows: the end that was asked for.
  /// Events that say that changes are missing, and what they say.
  std::vector<std::string> gaps;

 private:
  std::vector<RowOperation> operations_;
  std::size_t bytes_ = 0;
};

}  // namespace headwater::materialize

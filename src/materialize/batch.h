// What one transaction of the target will contain.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/clock.h"
#include "src/materialize/row_index.h"
#include "src/ports/target.h"

namespace headwater::materialize {

/// Operations in order. Of several operations on one row, those that a later one makes superfluous
/// do nothing. Keeps the memory of its operations when it is used again. One thread.
class Batch {
 public:
  /// The operation that is added next. It has the content of an earlier one.
  [[nodiscard]] RowOperation& next();
  /// Adds next(), an operation on one row. `row` is the same for all operations on a row, and
  /// different for different rows. `latest` has the rows of this batch. `size` is approximate, in
  /// bytes.
  void add_row(RowIndex& latest, std::string_view row, std::size_t size);
  /// Adds an operation on tables. Nothing moves across it.
  void add(RowIndex& latest, RowOperation operation);
  /// Makes it empty.
  void reset();

  [[nodiscard]] std::span<RowOperation> operations() { return {operations_.data(), count_}; }
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
  std::size_t count_ = 0;  // of them belong to this batch
  std::size_t bytes_ = 0;
  bool has_large_ = false;  // then its memory is not kept, which would add up
};

}  // namespace headwater::materialize

// Counts ids that should be consecutive numbers, in whatever order they arrive.
#pragma once

#include <cstdint>
#include <functional>

#include "src/base/error.h"
#include "src/sqlite/database.h"

namespace headwater::sources {

/// Keeps the ranges of missing numbers in a temporary SQLite file. One thread.
class NumberLedger {
 public:
  enum class Arrival { next, late, repeated };

  /// The first number expected is `first`.
  static Result<NumberLedger> make(std::int64_t first);

  Result<Arrival> add(std::int64_t number);
  /// All numbers up to `last` are expected by now.
  Result<void> expect_up_to(std::int64_t last);

  using Visit = std::function<Result<void>(std::int64_t first, std::int64_t last)>;
  /// Visits the ranges of missing numbers within [first, last], in order.
  Result<void> visit_missing(std::int64_t first, std::int64_t last, const Visit& visit);
  /// Counts these as arrived.
  Result<void> excuse(std::int64_t first, std::int64_t last);

  /// The number after the highest that arrived or was expected.
  [[nodiscard]] std::int64_t next() const { return next_; }

 private:
  struct Parts {
    sqlite::Statement add, find, visit, remove;
  };
  NumberLedger(sqlite::Database database, Parts parts, std::int64_t first);
  Result<void> add_gap(std::int64_t first, std::int64_t last);

  sqlite::Database database_;
  Parts parts_;
  std::int64_t next_;
};

}  // namespace headwater::sources

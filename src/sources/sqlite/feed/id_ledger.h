// Counts ids that should be consecutive, in whatever order they arrive.
#pragma once

#include <cstdint>
#include <functional>

#include "src/base/error.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// Keeps the ranges of missing numbers in a temporary SQLite file. One thread.
class IdLedger {
 public:
  enum class Verdict { next, late, repeated };

  /// The first number expected is `first`.
  static Result<IdLedger> make(std::int64_t first);

  Result<Verdict> note(std::int64_t number);
  /// All numbers up to `last` are expected by now.
  Result<void> expect_up_to(std::int64_t last);

  /// Visits the ranges of missing numbers within [first, last], in order.
  Result<void> missing(std::int64_t first, std::int64_t last,
                       const std::function<Result<void>(std::int64_t, std::int64_t)>& visit);
  /// Counts these as arrived.
  Result<void> forgive(std::int64_t first, std::int64_t last);

  /// The number after the highest that arrived or was expected.
  [[nodiscard]] std::int64_t next() const { return next_; }

 private:
  struct Parts {
    Statement add, find, visit;
  };
  IdLedger(Database database, Parts parts, std::int64_t first);
  Result<void> add_hole(std::int64_t first, std::int64_t last);

  Database database_;
  Parts parts_;
  std::int64_t next_;
};

}  // namespace headwater::sqlite

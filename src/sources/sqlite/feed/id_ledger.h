// Counts ids that ought to come in unbroken order, whatever order they come in.
#pragma once

#include <cstdint>
#include <functional>

#include "src/base/error.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// Remembers the numbers that have not come as ranges in a temporary SQLite file. One thread.
class IdLedger {
 public:
  enum class Verdict { next, late, repeated };

  /// The first number expected is `first`.
  static Result<IdLedger> make(std::int64_t first);

  Result<Verdict> note(std::int64_t number);
  /// All up to `last` ought to have come by now.
  Result<void> expect_up_to(std::int64_t last);

  /// Visits the ranges of numbers that have not come, within [first, last], in order.
  Result<void> missing(std::int64_t first, std::int64_t last,
                       const std::function<Result<void>(std::int64_t, std::int64_t)>& visit);
  /// These count as come.
  Result<void> forgive(std::int64_t first, std::int64_t last);

  /// The number after the highest that has come or was expected.
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

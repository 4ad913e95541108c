// Reads the change log row by row, never loading a row that is too large.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "src/base/error.h"
#include "src/sources/sqlite/feed/log_row.h"
#include "src/sources/sqlite/feed/shape_book.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// All calls except on() and end() are inside a transaction of the caller. One thread.
class LogReader {
 public:
  /// `database` and `shapes` must outlive the reader. Rows of more than `max_change` bytes are
  /// returned without their values.
  static Result<LogReader> on(Database& database, ShapeBook& shapes, std::uint64_t max_change);

  /// Number of the newest row; 0 if there is none.
  Result<std::int64_t> head();
  /// Number of the oldest row; 0 if there is none.
  Result<std::int64_t> least();

  /// next() returns the rows after `seq`.
  void seek(std::int64_t seq);
  /// Returns false at the end. `row` is reused.
  Result<bool> next(LogRow& row);
  /// Call it before the transaction ends.
  void end();

  /// Fingerprint of one row; nullopt if it does not exist. Returns `expected` for a row that is too
  /// large to read.
  Result<std::optional<std::uint64_t>> fingerprint(std::int64_t seq,
                                                   std::optional<std::uint64_t> expected);

 private:
  struct Parts {
    Statement head, least, rows, one, what;
  };
  LogReader(Database& database, ShapeBook& shapes, std::uint64_t max_change, Parts parts);

  Result<void> decode(const Statement& from, LogRow& row);
  Result<bool> next_measured(LogRow& row);
  Result<void> describe_too_large(LogRow& row);
  Result<std::uint64_t> measure(const LogRow& row);
  std::uint64_t measure_values(const LogRow& row, int from, int to);
  Result<void> read_after(LogRow& row);

  Database* database_;
  ShapeBook* shapes_;
  std::uint64_t max_change_;
  Parts parts_;
  Fingerprint fingerprint_;
  std::int64_t after_ = 0;
  bool stepping_ = false;
};

}  // namespace headwater::sqlite

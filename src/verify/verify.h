// The audit of a stream against its database.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/ports/audit.h"
#include "src/ports/durable.h"
#include "src/ports/stream.h"

namespace headwater {

struct VerifyOptions {
  /// Number of differences described one by one; the rest is only counted.
  std::size_t examples = 20;
  /// Called at intervals with the number of events and rows compared so far; may be empty.
  std::function<void(std::uint64_t events, std::uint64_t rows)> progress;
  /// Ends it early, with `verify.stopped`.
  std::stop_token stop;
};

/// One column that differs, with both values as JSON; empty if the column is absent.
struct ColumnDifference {
  std::string column;
  std::string in_stream;
  std::string in_database;
};

struct RowDifference {
  enum class Kind { differs, only_in_stream, only_in_database };
  Kind kind = Kind::differs;
  std::string database;
  std::string table;  ///< With the database, if there is more than one.
  std::string key;    ///< JSON, as in the event's data.key.
  std::uint64_t sequence =
      0;  ///< Of the last event about the row; 0 if it is not in the stream yet.
  std::vector<ColumnDifference> columns;
  bool only_order = false;  ///< The same fields and values in another order.
};

struct TableFindings {
  std::string table;       ///< With the database, if there is more than one.
  std::uint64_t rows = 0;  ///< In the database, at the point of comparison.
  std::uint64_t equal = 0;
  std::uint64_t differing = 0;
  std::uint64_t only_in_stream = 0;
  std::uint64_t only_in_database = 0;
  /// In the database, but the stream lacks their content: their events have aged out, they are
  /// older than the capture, or the stream has only differences.
  std::uint64_t not_comparable = 0;
};

struct VerifyReport {
  std::string source;
  std::uint64_t tail_sequence = 0;
  std::uint64_t events = 0;  ///< Of this source, up to the tail.
  IdFindings ids;
  std::string rows_not_compared;  ///< Why the rows were not compared; empty: they were.
  std::vector<TableFindings> tables;
  std::vector<RowDifference> examples;

  /// Nothing is lost, repeated, out of order, unknown or different.
  [[nodiscard]] bool agree() const;
};

/// Folds the stream's events of tail.source by key up to the tail, and compares the result with the
/// rows. Blocks until it is done; relays and writers continue. Needs temporary disk space of about
/// the size of all keys, and of all rows if the source publishes differences. One thread.
Result<VerifyReport> verify(Audit& audit, StreamReader& stream, const Tail& tail,
                            const VerifyOptions& options);

/// For a person, several lines. For a program, one JSON object (docs/verify.md).
[[nodiscard]] std::string to_text(const VerifyReport& report);
[[nodiscard]] std::string to_json(const VerifyReport& report);

}  // namespace headwater

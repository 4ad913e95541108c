// One committed mutation, as the source database reports it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "src/base/clock.h"
#include "src/event/position.h"
#include "src/event/value.h"

namespace headwater {

enum class Op {
  insert,
  update,
  remove,  ///< Written "delete" in events; the word is taken in C++.
  read,    ///< A row that was there before the changes began: a snapshot row.
  drop,    ///< The whole table is gone; all its rows with it.
  gap,     ///< Changes are missing here, and this says which and why.
};

/// The database's transaction a change belongs to, where the source can know it.
struct Transaction {
  std::string id;
  std::uint64_t ordinal = 0;  ///< 0 for the first change of the transaction.
  bool last = false;
};

/// What is missing, for Op::gap. From and to are positions or other words of the source.
struct Gap {
  std::string reason;
  std::string from;
  std::string to;
  /// What was said so far about the rows of the table (of all tables, if it names none) is void:
  /// those that exist follow as Op::read.
  bool restated = false;
};

struct Change {
  Op op = Op::insert;
  /// Computed from the change alone: the same change has the same id on every machine and after
  /// every restart, and no two changes of one source share an id. Clock, host, process and batch
  /// never enter it.
  std::string id;
  std::string database;
  std::string table;  ///< Empty for a gap that concerns the whole database.
  WallTime time;      ///< Commit time, as near as the source knows it.
  Row key;            ///< Columns absent (nullptr) for drop and gap.
  std::optional<Row> before;
  std::optional<Row> after;
  std::optional<Transaction> transaction;
  std::optional<Gap> gap;
  /// Resuming here gives the change that follows this one, also inside a transaction.
  Position position;
};

/// Bytes in memory, roughly; what the bounded queues count.
[[nodiscard]] std::size_t footprint(const Change& change);

}  // namespace headwater

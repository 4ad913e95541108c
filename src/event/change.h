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
  replace,        ///< A whole document took another's place under its key.
  remove,         ///< Written "delete" in events; the word is taken in C++.
  read,           ///< A row that was there before the changes began: a snapshot row.
  drop,           ///< The whole table is gone; all its rows with it.
  truncate,       ///< All rows of the table are gone at once, the table is not.
  drop_database,  ///< All tables are gone.
  rename,         ///< The table is called Change::renamed_to now. A table of that name is gone.
  invalidate,     ///< What was watched is gone or has another name; the source goes on watching.
  message,        ///< Somebody wrote it into the log, of no table: Change::detail.
  gap,            ///< Changes are missing here, and this says which and why.
  other,          ///< Something Headwater has no word for: Change::other_op is the database's.
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
  std::string schema;      ///< Only of databases that have them; else empty.
  std::string table;       ///< Empty for a gap that concerns the whole database.
  WallTime time;           ///< Commit time, as near as the source knows it.
  std::optional<Row> key;  ///< Nothing where the change is of no single row.
  std::optional<Row> before;
  std::optional<Row> after;
  /// What else the database says of the change, as a JSON object in its own words, such as which
  /// fields of a document an update set. Empty: nothing.
  std::string detail;
  std::string renamed_to;  ///< Only for Op::rename: a table of the same database.
  std::string other_op;    ///< Only for Op::other.
  std::optional<Transaction> transaction;
  std::optional<Gap> gap;
  /// Resuming here gives the change that follows this one, also inside a transaction.
  Position position;
};

/// Bytes in memory, roughly; what the bounded queues count.
[[nodiscard]] std::size_t footprint(const Change& change);

}  // namespace headwater

// One committed change, as the source database reports it.
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
  replace,        ///< A whole document replaced another under its key.
  remove,         ///< "delete" in events; the word is reserved in C++.
  read,           ///< A row of a snapshot: it existed before the first change.
  drop,           ///< The table was dropped, with all its rows.
  truncate,       ///< All rows of the table were removed at once; the table remains.
  drop_database,  ///< All tables were dropped.
  rename,         ///< Now Change::renamed_to, which replaces a table of that name.
  invalidate,     ///< The watched object was dropped or renamed; the source continues to watch.
  message,        ///< A message that was written to the log, without a table: Change::detail.
  gap,            ///< Changes are missing here; the gap says which and why.
  other,          ///< Headwater has no name for it; Change::other_op is the database's.
};

/// The database's transaction of a change, if the source knows it.
struct Transaction {
  std::string id;
  std::uint64_t ordinal = 0;  ///< 0 for the first change of the transaction.
  bool last = false;
};

/// The missing changes, for Op::gap. `from` and `to` are positions or other text of the source.
struct Gap {
  std::string reason;
  std::string from;
  std::string to;
  /// Earlier events about the rows of the table (of all tables, if it names none) are void: the
  /// existing rows follow as Op::read.
  bool restated = false;
};

/// What to do with a change that is larger than the stream or the configuration allows.
enum class OnLarge {
  stop,  ///< Fail.
  gap,   ///< Publish a gap event with the change's id in its place.
};

struct Change {
  Op op = Op::insert;
  /// Computed from the change alone: the same change has the same id on every machine and after
  /// every restart, and no two changes of one source share an id. It never depends on the clock,
  /// host, process or batch.
  std::string id;
  std::string database;
  std::string schema;      ///< Empty if the database has none.
  std::string table;       ///< Empty for a gap of the whole database.
  WallTime time;           ///< Commit time, as exactly as the source knows it.
  std::optional<Row> key;  ///< Absent if the change is not about a single row.
  std::optional<Row> before;
  std::optional<Row> after;
  /// Other information from the database about the change, as a JSON object in the database's
  /// terms, such as which fields of a document an update set. May be empty.
  std::string detail;
  std::string renamed_to;  ///< Only for Op::rename: a table of the same database.
  std::string other_op;    ///< Only for Op::other.
  std::optional<Transaction> transaction;
  std::optional<Gap> gap;
  /// Resuming here returns the change after this one, also inside a transaction.
  Position position;
};

/// Approximate bytes in memory; the bounded queues count it.
[[nodiscard]] std::size_t footprint(const Change& change);

}  // namespace headwater

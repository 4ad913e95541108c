// What Headwater keeps in the user's database, and how it is read. docs/formats/sqlite-log.md
// specifies the tables. Everything here only reads, inside a transaction of the caller's or in one
// of its own for each statement; nothing blocks longer than a read does. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/event/value.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// The version of the tables this program writes, and the newest it can read.
inline constexpr std::int64_t log_version = 1;

/// What the column `op` of _headwater_log holds.
enum class LogCode : std::int64_t { insert = 1, update = 2, remove = 3, drop = 5, gap = 6 };

/// One version of a table, as log rows were written. Never changed and never reused.
struct Shape {
  std::int64_t id = 0;
  std::string table;      ///< As it was spelt when the shape was made.
  Columns columns;        ///< One value each in an image, in this order.
  Columns key_columns;    ///< Their names; just "rowid" when by_rowid.
  std::vector<int> key;   ///< Where the key's values are in an image.
  bool by_rowid = false;  ///< The key is the rowid: the image's last value, behind the columns.
  /// Collation by which the table keeps each key column unique.
  std::vector<std::string> collations;
  /// The key as SQL for ORDER BY, in which the table is read by an index or by itself:
  /// `"region" COLLATE "NOCASE", "id"`. Uses the names of the shape.
  std::string order;
  std::int64_t since = 0;  ///< The newest log row when the shape was made.

  /// Values in one image: the columns, and the rowid if it is captured.
  [[nodiscard]] std::size_t width() const { return columns->size() + (by_rowid ? 1U : 0U); }
};

/// All shapes by id, the oldest first.
Result<std::vector<Shape>> load_shapes(Database& database);
/// Fails with source.log_damaged if it is not there.
Result<Shape> load_shape(Database& database, std::int64_t id);

/// One relay's slot: log rows are kept from the least `confirmed` of all.
struct RelayRow {
  std::string name;
  std::optional<std::vector<std::string>> tables;  ///< As spelt in the database; nullopt: all.
  std::int64_t start = 0;       ///< Newest log row when the relay was first prepared.
  std::int64_t first_task = 0;  ///< Snapshot tasks before this one do not concern it.
  std::int64_t confirmed = 0;   ///< Up to here its events are durable in the stream.

  [[nodiscard]] bool wants(const std::string& table) const;
};

Result<std::vector<RelayRow>> load_relays(Database& database);
/// nullopt: not prepared.
Result<std::optional<RelayRow>> load_relay(Database& database, const std::string& name);

/// "Read the table of this shape as it was just after log row `at`."
struct TaskRow {
  std::int64_t task = 0;
  std::int64_t shape = 0;
  std::int64_t at = 0;
  std::int64_t time = 0;             ///< UTC, milliseconds, when it was made.
  std::optional<std::string> relay;  ///< nullopt: every relay that wants the table.
  std::string reason;
};

/// The tasks behind `after`, in order.
Result<std::vector<TaskRow>> load_tasks(Database& database, std::int64_t after);

/// Name of the database for ever. Fails with source.not_prepared (no log), source.newer_version
/// (a log that a newer Headwater wrote) or source.log_damaged (some of its tables are gone).
Result<std::string> load_uuid(Database& database);

/// The newest log row; 0 if there has never been one.
Result<std::int64_t> log_head(Database& database);

}  // namespace headwater::sqlite

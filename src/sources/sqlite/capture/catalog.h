// Headwater's tables in the user's database, and how to read them. docs/formats/sqlite-log.md
// specifies the tables. Everything here only reads, inside a transaction of the caller or in its
// own for each statement; nothing blocks longer than a read. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/error.h"
#include "src/event/value.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// The version of the tables this program writes, and the newest it can read.
inline constexpr std::int64_t log_version = 1;

/// The values of the column `op` of _headwater_log.
enum class LogCode : std::int64_t { insert = 1, update = 2, remove = 3, drop = 5, gap = 6 };

/// One version of a table, with which log rows were written. Never changed and never reused.
struct Shape {
  std::int64_t id = 0;
  std::string table;      ///< In its spelling when the shape was created.
  Columns columns;        ///< One value each in an image, in this order.
  Columns key_columns;    ///< Their names; just "rowid" when by_rowid.
  std::vector<int> key;   ///< The places of the key's values in an image.
  bool by_rowid = false;  ///< The key is the rowid: the image's last value, after the columns.
  /// The collation of each key column's uniqueness.
  std::vector<std::string> collations;
  /// The key as SQL for ORDER BY, an order in which an index or the table itself is read: `"region"
  /// COLLATE "NOCASE", "id"`. Uses the names of the shape.
  std::string order;
  std::int64_t since = 0;  ///< The newest log row when the shape was created.

  /// Values in one image: the columns, and the rowid if it is captured.
  [[nodiscard]] std::size_t width() const { return columns->size() + (by_rowid ? 1U : 0U); }
};

/// All shapes by id, the oldest first.
Result<std::vector<Shape>> load_shapes(Database& database);
/// Fails with source.log_damaged if it does not exist.
Result<Shape> load_shape(Database& database, std::int64_t id);

/// One relay's slot. Log rows are kept from the lowest `confirmed` of all relays.
struct RelayRow {
  std::string name;
  std::optional<std::vector<std::string>> tables;  ///< In the database's spelling; nullopt: all.
  std::int64_t start = 0;       ///< Newest log row when the relay was first prepared.
  std::int64_t first_task = 0;  ///< Snapshot tasks before this one do not concern it.
  std::int64_t confirmed = 0;   ///< Up to here its events are durable in the stream.

  [[nodiscard]] bool wants(const std::string& table) const;
};

Result<std::vector<RelayRow>> load_relays(Database& database);
/// nullopt: not prepared.
Result<std::optional<RelayRow>> load_relay(Database& database, const std::string& name);

/// The reason of a task that `headwater snapshot` added, or what it begins with.
inline constexpr std::string_view requested_by_a_person = "requested";
/// The reason if only some rows are to be read; the filter, an SQL expression, follows.
inline constexpr std::string_view requested_where = "requested where ";

/// A task: read the table of this shape as of log row `at`.
struct TaskRow {
  std::int64_t task = 0;
  std::int64_t shape = 0;
  std::int64_t at = 0;
  std::int64_t time = 0;             ///< UTC, milliseconds, of its creation.
  std::optional<std::string> relay;  ///< nullopt: every relay that captures the table.
  std::string reason;
};

/// The tasks after `after`, in order.
Result<std::vector<TaskRow>> load_tasks(Database& database, std::int64_t after);

/// The database's permanent name. Fails with source.not_prepared (no log), source.newer_version (a
/// log that a newer Headwater wrote) or source.log_damaged (some of its tables are gone).
Result<std::string> load_uuid(Database& database);

/// The newest log row; 0 if there never was one.
Result<std::int64_t> log_head(Database& database);

}  // namespace headwater::sqlite

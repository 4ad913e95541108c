// Makes a user's database write its own change log, keeps that true while the schema changes, and
// takes it all away again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/ports/report.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// What one relay asks for.
struct CaptureRequest {
  std::string relay;
  std::optional<std::vector<std::string>> tables;  ///< nullopt: all.
  bool snapshot = true;                            ///< Read the rows that are there already.
  /// Tables that may stay without capture where all are asked for; the report then only notes it.
  std::vector<std::string> allow_uncaptured{};
};

/// Makes tables, triggers, shapes and the relay's row, and snapshot tasks for tables that are new
/// to the relay: in short transactions, so that no writer waits long. Cut short, it is completed by
/// the next call, or by the relay; safe to repeat. The report says what was done and names what
/// cannot be captured and why: a problem, unless it is a view, a virtual table or allowed. Also
/// heals. Leaves the journal mode as it is. Not inside a transaction of the caller's.
///
/// Fails with source.no_such_table, source.cannot_capture (a listed table; nothing of the relay's
/// is left then), source.newer_version, source.locked, source.read_only.
Result<Report> prepare(Database& database, const CaptureRequest& request);

/// Takes the relay's row away and the triggers only it wanted; with the last relay everything else
/// as well. In short transactions; cut short, it is completed by the next call. Works on a damaged
/// log. Not inside a transaction of the caller's.
Result<Report> remove(Database& database, const std::string& relay);

/// Looks and changes nothing; also works on a read-only connection. What cannot even be read is a
/// finding too.
Report check(Database& database, const CaptureRequest& request);

/// Notices schema changes made by others and re-arms the capture. One for each relay process;
/// several may work on one database at the same time. One thread.
class Healer {
 public:
  /// `database` must outlive it.
  explicit Healer(Database& database) : database_(&database) {}

  /// Two or three look-ups (a few microseconds) unless the schema has changed since the last call,
  /// a table's key turned out to be none, or this is the first call. Else it looks at all tables,
  /// which keeps no writer waiting, and then does what is to be done in transactions of a few
  /// milliseconds; nothing if another relay has healed already.
  /// Gives what it did, empty if nothing. Whoever reads tables (not only the log) calls it first
  /// and compares schema_version() inside the transaction in which the tables are read.
  /// Not inside a transaction of the caller's.
  ///
  /// Fails with source.not_prepared, source.log_damaged, source.newer_version, source.locked.
  Result<Report> heal();

  /// PRAGMA schema_version for which shapes, triggers and tables were last found to agree; -1
  /// before the first heal().
  [[nodiscard]] std::int64_t schema_version() const { return version_; }

 private:
  Result<bool> unchanged();

  Database* database_;
  std::int64_t version_ = -1;
  std::int64_t sure_ = -1;  // newest log row when the schema was last seen to be as it was armed
};

}  // namespace headwater::sqlite

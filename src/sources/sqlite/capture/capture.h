// Makes a user's database write its own change log, keeps it working while the schema changes, and
// removes it again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/ports/report.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// What one relay captures.
struct CaptureRequest {
  std::string relay;
  std::optional<std::vector<std::string>> tables;  ///< nullopt: all.
  bool snapshot = true;                            ///< Read the existing rows.
  /// Tables that may stay uncaptured if all tables are requested; the report then only notes it.
  std::vector<std::string> allow_uncaptured{};
};

/// Creates tables, triggers, shapes and the relay's row, and snapshot tasks for tables that are new
/// to the relay, in short transactions, so that no writer waits long. If interrupted, the next call
/// or the relay completes it; safe to repeat. The report lists what was done, and what cannot be
/// captured and why: a problem, unless it is a view, a virtual table or allowed. Also heals. Keeps
/// the journal mode. Not inside a transaction of the caller.
///
/// Fails with source.no_such_table, source.cannot_capture (a listed table; nothing of the relay is
/// left then), source.newer_version, source.locked, source.read_only.
Result<Report> prepare(Database& database, const CaptureRequest& request);

/// Removes the relay's row and the triggers that only it needs; with the last relay, everything
/// else. In short transactions; if interrupted, the next call completes it. Works on a damaged log.
/// Not inside a transaction of the caller.
Result<Report> remove(Database& database, const std::string& relay);

/// Changes nothing; also works on a read-only connection. A read failure is a finding, too.
Report inspect(Database& database, const CaptureRequest& request);

/// Notices schema changes by others and re-arms the capture. One for each relay process; several
/// may use one database at the same time. One thread.
class Healer {
 public:
  /// `database` must outlive it.
  explicit Healer(Database& database) : database_(&database) {}

  /// Takes two or three look-ups (a few microseconds) unless the schema has changed since the last
  /// call, a table's key turned out not to be one, or this is the first call. Otherwise it checks
  /// all tables, which blocks no writer, and then makes the changes in transactions of a few
  /// milliseconds; none if another relay has already healed. Returns what it did, empty if nothing.
  /// To read tables (not only the log), call it first and compare schema_version() inside the
  /// transaction that reads the tables. Not inside a transaction of the caller.
  ///
  /// Fails with source.not_prepared, source.log_damaged, source.newer_version, source.locked.
  Result<Report> heal();

  /// PRAGMA schema_version for which shapes, triggers and tables last agreed; -1 before the first
  /// heal().
  [[nodiscard]] std::int64_t schema_version() const { return version_; }

 private:
  Result<bool> unchanged();

  Database* database_;
  std::int64_t version_ = -1;
  std::int64_t sure_ = -1;  // newest log row when the schema last matched the armed one
};

}  // namespace headwater::sqlite

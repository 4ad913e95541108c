// Tries a table's triggers before they go into the user's database, in our own database in memory,
// where nobody waits.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/error.h"
#include "src/sources/sqlite/capture/table_info.h"
#include "src/sources/sqlite/capture/trigger_sql.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// One thread.
class Trial {
 public:
  static Result<Trial> open();

  /// Creates the table and its triggers, compiles an INSERT, an UPDATE and a DELETE, and removes
  /// everything again. Returns SQLite's error; empty: the table can be written with the triggers.
  /// Assumes functions and collations that only the table's own program has. If the table cannot be
  /// created from its text here, a table with the same columns replaces it, and only the triggers'
  /// own text is tried.
  ///
  /// The table's text may be anything that was written into sqlite_schema, so only a CREATE TABLE
  /// is executed.
  Result<std::string> why_not(const TableInfo& table, const std::vector<Trigger>& triggers);

 private:
  /// What SQL may do now.
  enum class Allowed { all, make_table, make_triggers };

  Trial(Database database, std::unique_ptr<Allowed> allowed)
      : database_(std::move(database)), allowed_(std::move(allowed)) {}

  static int authorize(void* allowed, int action, const char* first, const char*, const char*,
                       const char*);
  std::string try_out(const TableInfo& table, const std::vector<Trigger>& triggers);
  /// SQLite's error; empty: it was executed, or only prepared.
  std::string statement(std::string_view sql, bool execute);

  Database database_;
  std::unique_ptr<Allowed> allowed_;  // on the heap: SQLite points to it
};

}  // namespace headwater::sqlite

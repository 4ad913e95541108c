// Where a table's triggers are tried before they come into somebody's database: one of our own, in
// memory, where nobody waits.
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

  /// Makes the table and its triggers, compiles an INSERT, an UPDATE and a DELETE, and takes all
  /// away again. Gives SQLite's words against it; empty: with the triggers, the table can be
  /// written. Functions and collations that only the table's own program has are assumed to be
  /// there. Where a table cannot be made from its text here, one of the same columns stands in, and
  /// only the triggers' own text is tried.
  ///
  /// What the table's text says is whatever somebody has written into sqlite_schema: nothing but a
  /// CREATE TABLE is executed.
  Result<std::string> why_not(const TableInfo& table, const std::vector<Trigger>& triggers);

 private:
  /// What SQL may do at present.
  enum class Allowed { all, make_table, make_triggers };

  Trial(Database database, std::unique_ptr<Allowed> allowed)
      : database_(std::move(database)), allowed_(std::move(allowed)) {}

  static int authorize(void* allowed, int action, const char* first, const char*, const char*,
                       const char*);
  std::string try_out(const TableInfo& table, const std::vector<Trigger>& triggers);
  /// SQLite's words against it; empty: it was executed, or just prepared.
  std::string statement(std::string_view sql, bool execute);

  Database database_;
  std::unique_ptr<Allowed> allowed_;  // on the heap: SQLite points to it
};

}  // namespace headwater::sqlite

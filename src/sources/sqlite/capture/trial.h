// Where a table's triggers are tried before they come into somebody's database: one of our own, in
// memory, where nobody waits.
#pragma once

#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/sources/sqlite/capture/table_info.h"
#include "src/sources/sqlite/capture/trigger_sql.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// What SQLite says of triggers.
struct Verdict {
  /// False: the table needs a function or collation that only its own program has, and nothing can
  /// be said.
  bool known = true;
  std::string why_not{};  ///< Not empty: with them, the table could not be written.
};

/// One thread.
class Trial {
 public:
  static Result<Trial> open();

  /// Makes the table and its triggers, compiles an INSERT, an UPDATE and a DELETE, and takes all
  /// away again.
  Result<Verdict> of(const TableInfo& table, const std::vector<Trigger>& triggers);

 private:
  explicit Trial(Database database) : database_(std::move(database)) {}

  Database database_;
};

/// Why nobody could write to the table from this connection; empty: somebody could.
[[nodiscard]] std::string why_not_writable(Database& database, const TableInfo& table);

}  // namespace headwater::sqlite

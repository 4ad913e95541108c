// What Headwater remembers in the file: the places of the copies, and their tables.
// docs/formats/copy-places.md specifies it.
#pragma once

#include <string>
#include <vector>

#include "src/ports/target.h"
#include "src/sqlite/database.h"
#include "src/targets/shared/sql_database.h"

namespace headwater::target_sqlite {

using targets::Entry;

/// One thread. `database` must outlive it. Changes nothing by itself: the caller has the
/// transaction.
class Catalog {
 public:
  /// Makes the two tables if they are missing.
  static Result<Catalog> open(sqlite::Database& database);

  Result<CopyPlace> place(const std::string& copy);
  Result<void> set_place(const std::string& copy, const CopyPlace& place);
  Result<void> remove_place(const std::string& copy);

  Result<std::vector<Entry>> tables(const std::string& copy);
  /// The copy that has this table; empty: none.
  Result<std::string> owner(const std::string& table);
  Result<void> add(const std::string& copy, const Entry& entry);
  Result<void> remove(const std::string& table);

 private:
  explicit Catalog(sqlite::Database& database) : database_(&database) {}

  sqlite::Database* database_;
  sqlite::Statement get_place_, set_place_;
};

}  // namespace headwater::target_sqlite

// One table of a copy: finds or makes it, and writes its rows.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/event/value.h"
#include "src/sqlite/database.h"
#include "src/targets/shared/primary_key.h"
#include "src/targets/shared/sql_database.h"

namespace headwater::target_sqlite {

/// Quoted, as SQL lists columns.
[[nodiscard]] std::string name_list(const std::vector<std::string>& names);

/// One thread, inside the caller's transaction. `database` must outlive it. After a rollback it is
/// no longer valid.
class Table final : public targets::SqlTable {
 public:
  /// Makes it. Columns have no type, so that SQLite keeps every value as it is.
  static Result<std::unique_ptr<Table>> make(sqlite::Database& database, const std::string& name,
                                             const TableRow& key);
  /// Reads the columns of an existing one.
  static Result<std::unique_ptr<Table>> open(sqlite::Database& database, const std::string& name);

  [[nodiscard]] const std::vector<std::string>& columns() const { return columns_; }

  Result<void> put(const TableRow& key, const TableRow& row, bool keep) override;
  Result<void> erase(const TableRow& key) override;
  Result<void> clear() override;
  Result<std::optional<std::vector<std::optional<std::string>>>> texts(
      const TableRow& key, const std::vector<std::string>& columns) override;
  Result<void> add_columns(const std::vector<std::string>& names);

 private:
  Table(sqlite::Database& database, std::string name)
      : database_(&database), name_(std::move(name)) {}

  Result<void> map_columns(const TableRow& row);
  /// Statements that set the same columns.
  struct Partial {
    sqlite::Statement update;
    sqlite::Statement put;
  };

  Result<void> put_all(const TableRow& row);
  Result<void> put_some(const TableRow& row, bool keep);
  Result<void> write(sqlite::Statement& statement, const TableRow& row, bool keep);
  [[nodiscard]] std::string update_sql(const std::vector<bool>& set) const;
  [[nodiscard]] std::string put_sql(const std::vector<bool>& set) const;
  [[nodiscard]] std::string where_key() const;
  void bind(sqlite::Statement& statement, int index, const Value& value);
  Result<void> bind_key(sqlite::Statement& statement, const TableRow& key);

  sqlite::Database* database_;
  std::string name_;
  std::vector<std::string> columns_;
  targets::PrimaryKey key_;
  Columns mapped_;               // the last row's
  std::vector<std::size_t> at_;  // where each column is in it, or absent
  sqlite::Statement put_;        // sets every column
  sqlite::Statement erase_;
  std::map<std::vector<bool>, Partial> partial_;
  std::deque<std::string> texts_;  // of bound values that are written as text
};

}  // namespace headwater::target_sqlite

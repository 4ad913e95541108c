// One table of a copy: finds or makes it, and writes its rows.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/targets/postgresql/connection.h"
#include "src/targets/postgresql/types.h"
#include "src/targets/shared/primary_key.h"
#include "src/targets/shared/sql_database.h"

namespace headwater::target_postgresql {

struct Column {
  std::string name;
  std::optional<Type> type;  ///< Nothing: one that no copy makes, or another user's.
  bool operator==(const std::string& other) const { return name == other; }
};

/// One thread, inside the caller's transaction. `connection` must outlive it.
class Table final : public targets::SqlTable {
 public:
  /// `number` makes the names of its statements unique in the connection.
  static Result<std::unique_ptr<Table>> make(Connection& connection, const std::string& name,
                                             const TableRow& key, std::size_t number);
  /// Reads the columns of an existing one. With `made`, it may change their types.
  static Result<std::unique_ptr<Table>> open(Connection& connection, const std::string& name,
                                             bool made, std::size_t number);

  [[nodiscard]] const std::vector<Column>& columns() const { return columns_; }

  Result<void> put(const TableRow& key, const TableRow& row, bool keep) override;
  Result<void> erase(const TableRow& key) override;
  Result<void> clear() override;
  Result<std::optional<std::vector<std::optional<std::string>>>> texts(
      const TableRow& key, const std::vector<std::string>& columns) override;
  /// Adds a column unless it exists.
  Result<void> add_column(const std::string& name, const std::string& type);

 private:
  Table(Connection& connection, std::string name, std::size_t number)
      : connection_(connection), name_(std::move(name)), number_(number) {}

  Result<void> fit(const TableRow& row);
  Result<void> fit(Column& column, const Value& value);
  Result<void> widen(Column& column, const Value& value);
  Result<Parameters> key_parameters(const TableRow& key);
  Result<std::string> statement(const std::string& sql);
  [[nodiscard]] std::string put_sql(const std::vector<std::size_t>& set, bool partial) const;
  [[nodiscard]] std::string where_key() const;
  [[nodiscard]] Result<std::optional<std::string>> parameter(const Value& value) const;

  Connection& connection_;
  std::string name_;
  std::size_t number_;
  std::vector<Column> columns_;
  targets::PrimaryKey key_;
  Columns mapped_;               // the last row's
  std::vector<std::size_t> at_;  // where each of its columns is in columns_, or absent
  std::map<std::vector<std::size_t>, std::string> puts_;  // statements, by the columns they set
  std::string erase_;
  std::size_t statements_ = 0;
};

}  // namespace headwater::target_postgresql

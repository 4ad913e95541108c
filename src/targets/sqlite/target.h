// Copies in a SQLite file.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "src/ports/target.h"
#include "src/sqlite/database.h"
#include "src/targets/sqlite/catalog.h"
#include "src/targets/sqlite/table.h"

namespace headwater::target_sqlite {

class SqliteTarget final : public Target {
 public:
  static Result<std::unique_ptr<Target>> open(const std::string& path, const CopyName& copy);

  Result<CopyPlace> place() override;
  Result<std::uint64_t> apply(const CopyPlace& expected, std::span<const RowOperation> operations,
                              const CopyPlace& next) override;
  Result<std::vector<std::string>> tables() override;
  Result<void> remove() override;
  Result<void> replace(const CopyName& other, const CopyPlace& expected) override;

 private:
  /// A table in use, with its entry in the catalog.
  struct Open {
    Table table;
    Entry entry;
  };

  SqliteTarget(std::unique_ptr<sqlite::Database> database, CopyName copy, Catalog catalog)
      : database_(std::move(database)), copy_(std::move(copy)), catalog_(std::move(catalog)) {}

  Result<void> in_transaction(const std::function<Result<void>()>& body);
  Result<void> expect(const CopyName& copy, const CopyPlace& expected);
  Result<void> apply(const RowOperation& operation, std::uint64_t& left_out);
  Result<void> apply_row(const RowOperation& operation, std::uint64_t& left_out);
  Result<bool> update(Table& table, const RowOperation& operation);
  Result<void> rename(const CopyTable& from, const CopyTable& to);
  Result<void> drop_all(const CopyTable& of);

  /// nullptr: there is no such table.
  Result<Open*> find(const CopyTable& table);
  Result<Open*> find_or_make(const CopyTable& table, const TableRow& key);
  Result<Open*> adopt(const Entry& entry, const TableRow& key);
  Result<void> drop(const Entry& entry);
  Result<void> move(const Entry& from, const std::string& to, const CopyTable& of,
                    const std::string& copy);
  Result<void> pour(const Entry& from, const std::string& to);
  void forget(const std::string& table);

  [[nodiscard]] std::string name_of(const CopyTable& table) const {
    return table.name + copy_.suffix;
  }

  std::unique_ptr<sqlite::Database> database_;
  CopyName copy_;
  Catalog catalog_;
  std::map<std::string, Open> open_;  // by name
  CopyTableRef latest_;               // the last table that was looked up
  Open* latest_open_ = nullptr;
};

}  // namespace headwater::target_sqlite

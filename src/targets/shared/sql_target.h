// Copies in a database with tables.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "src/ports/target.h"
#include "src/targets/shared/sql_database.h"

namespace headwater::targets {

class SqlTarget final : public Target {
 public:
  SqlTarget(std::unique_ptr<SqlDatabase> database, CopyName copy)
      : database_(std::move(database)), copy_(std::move(copy)) {}

  Result<CopyPlace> place() override { return database_->place(copy_.name); }
  Result<std::uint64_t> apply(const CopyPlace& expected, std::span<const RowOperation> operations,
                              const CopyPlace& next) override;
  Result<std::vector<std::string>> tables() override;
  Result<void> remove() override;
  Result<void> replace(const CopyName& other, const CopyPlace& expected) override;

 private:
  /// A table in use, with its entry in the catalog.
  struct Open {
    std::unique_ptr<SqlTable> table;
    Entry entry;
  };

  Result<void> in_transaction(const std::string& copy, const std::function<Result<void>()>& body);
  Result<void> expect(const CopyName& copy, const CopyPlace& expected);
  Result<void> apply(const RowOperation& operation, std::uint64_t& left_out);
  Result<void> apply_row(const RowOperation& operation, std::uint64_t& left_out);
  Result<bool> update(SqlTable& table, const RowOperation& operation);
  Result<void> rename(const CopyTable& from, const CopyTable& to);
  Result<void> drop_all(const CopyTable& of);

  /// nullptr: there is no such table.
  Result<Open*> find(const CopyTable& table);
  Result<Open*> find_or_make(const CopyTable& table, const TableRow& key);
  Result<bool> check_free(const std::string& table);
  Result<Open*> adopt(Entry entry, const TableRow& key);
  Result<void> drop(Entry entry);
  Result<void> move(Entry from, const Entry& to, const std::string& copy);
  Result<bool> make_room(const Entry& to, const std::string& copy,
                         std::vector<std::string>& definitions);
  Result<void> take_place(const CopyName& other, const CopyPlace& expected);
  void forget(const std::string& table);

  [[nodiscard]] std::string name_of(const CopyTable& table) const {
    return table.name + copy_.suffix;
  }

  std::unique_ptr<SqlDatabase> database_;
  CopyName copy_;
  std::map<std::string, Open> open_;  // by name
  CopyTableRef latest_;               // the last table that was looked up
  Open* latest_open_ = nullptr;
};

}  // namespace headwater::targets

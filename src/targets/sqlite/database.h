// A SQLite file as SqlTarget needs it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/sqlite/database.h"
#include "src/targets/shared/sql_database.h"
#include "src/targets/sqlite/catalog.h"

namespace headwater::target_sqlite {

class SqliteDatabase final : public targets::SqlDatabase {
 public:
  /// Makes the file, and the catalog in it.
  static Result<std::unique_ptr<targets::SqlDatabase>> open(const std::string& path);

  Result<void> transaction(const std::string& copy,
                           const std::function<Result<void>()>& body) override;
  Result<CopyPlace> place(const std::string& copy) override { return catalog_.place(copy); }
  Result<void> set_place(const std::string& copy, const CopyPlace& place) override {
    return catalog_.set_place(copy, place);
  }
  Result<void> remove_place(const std::string& copy) override {
    return catalog_.remove_place(copy);
  }
  Result<std::vector<targets::Entry>> tables(const std::string& copy) override {
    return catalog_.tables(copy);
  }
  Result<std::string> owner(const std::string& table) override { return catalog_.owner(table); }
  Result<void> add(const std::string& copy, const targets::Entry& entry) override {
    return catalog_.add(copy, entry);
  }
  Result<void> remove(const std::string& table) override { return catalog_.remove(table); }

  Result<bool> exists(const std::string& table) override;
  Result<bool> has_rows(const std::string& table) override;
  Result<std::unique_ptr<targets::SqlTable>> make_table(const std::string& table,
                                                        const TableRow& key) override;
  Result<std::unique_ptr<targets::SqlTable>> open_table(const targets::Entry& entry) override;
  Result<bool> drop_table(const std::string& table) override;
  Result<void> delete_rows(const std::string& table) override;
  Result<void> rename_table(const std::string& from, const std::string& to) override;
  Result<void> replace_rows(const targets::Entry& from, const targets::Entry& to) override;
  Result<std::vector<std::string>> definitions(const std::string& table) override;
  Result<void> execute(const std::string& statement) override {
    return database_->execute(statement);
  }

 private:
  SqliteDatabase(std::unique_ptr<sqlite::Database> database, Catalog catalog)
      : database_(std::move(database)), catalog_(std::move(catalog)) {}

  std::unique_ptr<sqlite::Database> database_;
  Catalog catalog_;
};

}  // namespace headwater::target_sqlite

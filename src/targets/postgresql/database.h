// A PostgreSQL database as SqlTarget needs it.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/targets/postgresql/connection.h"
#include "src/targets/shared/sql_database.h"

namespace headwater::target_postgresql {

class Database final : public targets::SqlDatabase {
 public:
  /// Connects, and makes the catalog.
  static Result<std::unique_ptr<targets::SqlDatabase>> open(const std::string& uri,
                                                            const std::string& schema);

  Result<void> transaction(const std::string& copy,
                           const std::function<Result<void>()>& body) override;
  Result<CopyPlace> place(const std::string& copy) override;
  Result<void> set_place(const std::string& copy, const CopyPlace& place) override;
  Result<void> remove_place(const std::string& copy) override;
  Result<std::vector<targets::Entry>> tables(const std::string& copy) override;
  Result<std::string> owner(const std::string& table) override;
  Result<void> add(const std::string& copy, const targets::Entry& entry) override;
  Result<void> remove(const std::string& table) override;
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
    return connection_.execute(statement);
  }

 private:
  Database(const std::string& uri, const std::string& schema) : connection_(uri, schema) {}

  Result<void> run(const std::string& statement, const Parameters& parameters);
  Result<bool> ask_whether(const std::string& condition, const Parameters& parameters);

  Connection connection_;
  std::size_t tables_ = 0;  // opened so far
};

}  // namespace headwater::target_postgresql

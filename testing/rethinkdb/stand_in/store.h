// Everything that the server has: databases, tables, users.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "testing/rethinkdb/stand_in/faults.h"
#include "testing/rethinkdb/stand_in/log.h"
#include "testing/rethinkdb/stand_in/table.h"
#include "testing/rethinkdb/stand_in/users.h"

namespace headwater::rethinkdb::stand_in {

/// All calls but lock() need the lock.
class Store {
 public:
  /// Restores what the folder holds.
  explicit Store(const std::filesystem::path& folder);

  [[nodiscard]] std::unique_lock<std::mutex> lock() { return std::unique_lock(mutex_); }

  /// Lets other threads have the lock for a moment: what a query writes is not one transaction.
  void let_others_in();

  /// In seconds since 1970, to the millisecond.
  [[nodiscard]] double now() const;
  [[nodiscard]] const Faults& faults() const { return faults_; }
  [[nodiscard]] Users& users() { return users_; }
  [[nodiscard]] const std::string& server_id() const { return server_id_; }

  /// By name; the value is its id.
  [[nodiscard]] const std::map<std::string, std::string>& databases() const { return databases_; }
  void create_database(const std::string& name);
  /// With its tables; returns how many these were.
  std::size_t drop_database(const std::string& name);
  /// Throws QueryError unless there is one.
  void need_database(const std::string& name) const;

  [[nodiscard]] const std::vector<std::shared_ptr<Table>>& tables() const { return tables_; }
  /// Null if there is none.
  [[nodiscard]] std::shared_ptr<Table> find_table(const std::string& db,
                                                  const std::string& name) const;
  std::shared_ptr<Table> create_table(TableConfig config);
  void drop_table(const std::shared_ptr<Table>& table);

  /// To be called after a change of a table's description, or of a user.
  void note_table(const Table& table) { note(table.described()); }
  void note_user(const std::string& name);
  void note(const Json& line);
  void append(std::string_view lines) { log_.append(lines); }
  /// Writes down what only memory has.
  void flush();

 private:
  void replay(const Json& line);
  [[nodiscard]] std::string everything() const;
  [[nodiscard]] std::shared_ptr<Table> table_with(std::string_view id) const;

  std::mutex mutex_;
  Log log_;
  Faults faults_;
  Users users_;
  std::string server_id_;
  std::map<std::string, std::string> databases_;
  std::vector<std::shared_ptr<Table>> tables_;
};

/// A random one, as text.
[[nodiscard]] std::string new_uuid();

}  // namespace headwater::rethinkdb::stand_in

// What a database with tables must be able to do, so that SqlTarget keeps copies in it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/event/value.h"
#include "src/ports/target.h"

namespace headwater::targets {

/// A table that belongs to a copy.
struct Entry {
  std::string table;  ///< Its name in the database.
  CopyTable of;
  bool made = false;  ///< By a copy; if not, it was there before, and stays.
};

/// One table. Valid until the transaction in which it was made or opened is rolled back.
class SqlTable {
 public:
  virtual ~SqlTable() = default;

  /// Adds columns that are missing. With `keep`, columns that the row does not have stay as they
  /// are; else they become NULL.
  virtual Result<void> put(const TableRow& key, const TableRow& row, bool keep) = 0;
  virtual Result<void> erase(const TableRow& key) = 0;
  virtual Result<void> clear() = 0;
  /// As ReadColumns in changed_columns.h.
  virtual Result<std::optional<std::vector<std::optional<std::string>>>> texts(
      const TableRow& key, const std::vector<std::string>& columns) = 0;
};

/// One connection, and what Headwater remembers in the database (docs/formats/copy-places.md). One
/// thread. Everything but place() is called inside a transaction.
class SqlDatabase {
 public:
  virtual ~SqlDatabase() = default;

  /// Runs `body` in a transaction that no other one that writes this copy overlaps.
  virtual Result<void> transaction(const std::string& copy,
                                   const std::function<Result<void>()>& body) = 0;

  virtual Result<CopyPlace> place(const std::string& copy) = 0;
  virtual Result<void> set_place(const std::string& copy, const CopyPlace& place) = 0;
  virtual Result<void> remove_place(const std::string& copy) = 0;
  /// May also be called without a transaction.
  virtual Result<std::vector<Entry>> tables(const std::string& copy) = 0;
  /// The copy that has this table; empty: none.
  virtual Result<std::string> owner(const std::string& table) = 0;
  virtual Result<void> add(const std::string& copy, const Entry& entry) = 0;
  virtual Result<void> remove(const std::string& table) = 0;

  /// Whether a table or a view has this name.
  virtual Result<bool> exists(const std::string& table) = 0;
  virtual Result<bool> has_rows(const std::string& table) = 0;
  virtual Result<std::unique_ptr<SqlTable>> make_table(const std::string& table,
                                                       const TableRow& key) = 0;
  virtual Result<std::unique_ptr<SqlTable>> open_table(const Entry& entry) = 0;
  /// Returns false if something else in the database needs it: it is then still there.
  virtual Result<bool> drop_table(const std::string& table) = 0;
  virtual Result<void> delete_rows(const std::string& table) = 0;
  /// Nothing has the new name.
  virtual Result<void> rename_table(const std::string& from, const std::string& to) = 0;
  /// Replaces the rows of `to` by those of `from`. Adds columns that are missing.
  virtual Result<void> replace_rows(const Entry& from, const Entry& to) = 0;
  /// Statements that make the table's indexes and triggers.
  virtual Result<std::vector<std::string>> definitions(const std::string& table) = 0;
  virtual Result<void> execute(const std::string& statement) = 0;
};

}  // namespace headwater::targets

// The content of sqlite_schema, read once, because each look-up in the table itself reads all of
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/error.h"
#include "src/sources/sqlite/capture/rows.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

/// A table, or why it cannot be captured.
struct Candidate {
  std::string name;
  std::string why_not;   ///< Empty if it is an ordinary table.
  bool ordinary = true;  ///< False: a view or a virtual table, which can never be captured.
  bool without_rowid = false;
  std::string definition{};  ///< Its CREATE TABLE statement.
};

struct SchemaTrigger {
  std::string name;
  std::string table;
  std::string sql;
  std::int64_t place = 0;             ///< Greater if created later.
  std::optional<std::int64_t> shape;  ///< The shape that it captures, if it is ours.
};

/// Shows whether anything in sqlite_schema about one table has changed: its own row, and those of
/// its indexes and triggers.
class SchemaMark {
 public:
  /// In the order of the rowids.
  void add(std::string_view type, std::string_view name, std::string_view sql, std::int64_t rowid);
  bool operator==(const SchemaMark&) const = default;

 private:
  std::size_t sum_ = 0;
};

struct LessName {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return less_name(a, b); }
};
template <class T>
using ByName = std::map<std::string, T, LessName>;

struct UserSchema {
  std::int64_t version = 0;                          ///< PRAGMA schema_version.
  std::vector<Candidate> tables;                     ///< Except SQLite's own and ours; by name.
  ByName<std::size_t> places;                        ///< The index in `tables`.
  ByName<std::string> indexes;                       ///< Their CREATE INDEX statements.
  std::vector<SchemaTrigger> triggers;               ///< All.
  ByName<std::vector<const SchemaTrigger*>> theirs;  ///< The user's triggers, by table.
  ByName<const SchemaTrigger*> ours;                 ///< Our triggers, by name.
  std::set<std::int64_t> numbers;                    ///< Shapes whose triggers' names are taken.
  ByName<SchemaMark> marks;                          ///< Of each table.

  UserSchema() = default;
  UserSchema(const UserSchema&) = delete;
  UserSchema& operator=(const UserSchema&) = delete;
  UserSchema(UserSchema&&) = default;
  UserSchema& operator=(UserSchema&&) = default;
  ~UserSchema() = default;

  [[nodiscard]] const Candidate* table(std::string_view name) const;
  /// Also returns the mark of a table that does not exist.
  [[nodiscard]] SchemaMark mark(std::string_view name) const;
};

/// Everything is of one moment if the caller is in a transaction.
Result<UserSchema> load_schema(Database& database);

}  // namespace headwater::sqlite

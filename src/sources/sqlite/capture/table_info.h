// The present structure of one of the user's tables.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/sources/sqlite/capture/user_schema.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

struct TableColumn {
  std::string name;
  bool generated = false;
  std::string collation;  ///< The collation of comparisons that name none.
};

/// One set of values that no two rows of the table may share: a key, a UNIQUE constraint, an index.
struct UniqueRule {
  struct Term {
    std::string column;      ///< Empty: an expression.
    std::string expression;  ///< As written in CREATE INDEX; never has the table's name.
    std::string collation;
  };
  std::vector<Term> terms;
  std::string where;  ///< Of a partial index, as written; may have the table's name. Else empty.

  [[nodiscard]] bool plain() const;
};

struct TableInfo {
  std::string name;
  std::string definition;  ///< Its CREATE TABLE statement.
  std::vector<TableColumn> columns;
  struct LeftOut {
    std::string name;
    std::string why;
  };
  /// Columns that are computed on read, by something this connection lacks.
  std::vector<LeftOut> left_out;
  std::vector<std::size_t> key;         ///< Columns of the key; empty when by_rowid.
  std::vector<std::string> collations;  ///< Of the key's columns, as in its index.
  bool by_rowid = false;
  bool integer_key = false;   ///< INTEGER PRIMARY KEY: the key is another name of the rowid.
  bool nullable_key = false;  ///< The declared key allows NULLs, but has none now.
  std::string rowid;          ///< A name of the rowid that no column hides; empty if there is none.
  std::vector<UniqueRule> rules;  ///< Without the rowid.
  bool autoincrement = false;
  /// The user has triggers here that may write rows before a statement's own row exists.
  bool others_before = false;

  /// Values in an image.
  [[nodiscard]] std::size_t width() const { return columns.size() + (by_rowid ? 1U : 0U); }
  [[nodiscard]] std::vector<std::string> column_names() const;
  [[nodiscard]] std::vector<std::string> key_names() const;
  /// The SQL after a value that is compared with this column by `collation`: empty if it is the
  /// column's own.
  [[nodiscard]] std::string collate(const std::string& column, const std::string& collation) const;
};

struct Inspection {
  TableInfo table;
  std::string why_not;  ///< If not empty: it cannot be captured, and `table` is incomplete.
};

/// Reads the schema of one table, but none of its rows. `nulls`: a key that allows NULLs has or had
/// some, so the rowid is the key.
Result<Inspection> inspect_table(Database& database, const UserSchema& schema,
                                 const std::string& name, bool nulls);

/// Whether the declared key has NULLs. Reads all rows unless an index has the answer, in short
/// pieces, each in its own read, so that nobody waits. Outside a transaction.
Result<bool> key_holds_nulls(Database& database, const TableInfo& table);

}  // namespace headwater::sqlite

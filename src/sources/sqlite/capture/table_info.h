// What one of the user's tables looks like now.
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
  std::string collation;  ///< That of comparisons which name none.
};

/// One thing two rows of the table cannot have in common: a key, a UNIQUE constraint, an index.
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
  /// Columns computed when they are read, by something this connection lacks.
  std::vector<LeftOut> left_out;
  std::vector<std::size_t> key;         ///< Columns of the key; empty when by_rowid.
  std::vector<std::string> collations;  ///< Of the key's columns, as its index has them.
  bool by_rowid = false;
  bool integer_key = false;   ///< INTEGER PRIMARY KEY: the key is the rowid by another name.
  bool nullable_key = false;  ///< SQLite would let NULLs into the declared key; there are none now.
  std::string rowid;          ///< A name of the rowid that no column hides; empty if there is none.
  std::vector<UniqueRule> rules;  ///< Without the rowid.
  bool autoincrement = false;
  /// Others have triggers here that may write rows before a statement's own row is there.
  bool others_before = false;

  /// Values in an image.
  [[nodiscard]] std::size_t width() const { return columns.size() + (by_rowid ? 1U : 0U); }
  [[nodiscard]] std::vector<std::string> column_names() const;
  [[nodiscard]] std::vector<std::string> key_names() const;
  /// What to write behind a value that is compared with this column by `collation`: nothing if the
  /// column's own is the same.
  [[nodiscard]] std::string collate(const std::string& column, const std::string& collation) const;
};

struct Inspection {
  TableInfo table;
  std::string why_not;  ///< Not empty: it cannot be captured, and `table` is not complete.
};

/// Reads the schema of one table, but none of its rows. `nulls`: a key that allows NULLs holds some
/// or did, so that the rowid is the key.
Result<Inspection> inspect(Database& database, const UserSchema& schema, const std::string& name,
                           bool nulls);

/// Whether the declared key holds NULLs. Reads all rows unless an index has the answer: in short
/// pieces, a read each, so that nobody waits. Outside a transaction.
Result<bool> key_holds_nulls(Database& database, const TableInfo& table);

}  // namespace headwater::sqlite

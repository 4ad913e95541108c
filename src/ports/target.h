// The target port: a database with copies of tables, and the place of each copy in its stream.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/event/value.h"

namespace headwater {

/// A copy is the tables that one `materialize` keeps. Several can be in one database.
struct CopyName {
  std::string name;    ///< Of its place; unique in the database.
  std::string suffix;  ///< At the end of its tables' names; may be empty.
};

/// How far a copy is in its stream.
struct CopyPlace {
  std::string stream;          ///< StreamAdapter::describe().
  std::uint64_t sequence = 0;  ///< Of the last event that the copy contains; 0: none.
  /// `source` and `id` of that event, with a blank between them. If the stream has another event at
  /// `sequence`, it is not the stream that the copy was made from.
  std::string event;
  std::string options{};  ///< Which tables it has, and their names; a copy with others is another.
  std::uint64_t generation = 0;  ///< Counts how often a rebuilt copy replaced this one.
};

/// Whether both are the same step of the same copy.
[[nodiscard]] inline bool same_place(const CopyPlace& a, const CopyPlace& b) {
  return a.sequence == b.sequence && a.event == b.event && a.generation == b.generation;
}

/// A table of a copy. All operations on it share one of these.
struct CopyTable {
  std::string name;      ///< Without the copy's suffix.
  std::string source;    ///< Of its events.
  std::string database;  ///< Its database's name in events.
};
using CopyTableRef = std::shared_ptr<const CopyTable>;

/// One step of a copy. What an event says, or several events of one row.
struct RowOperation {
  enum class Kind {
    nothing,   ///< A later operation of the batch makes this one superfluous.
    put,       ///< The row of `key` is `row`. A value that is Unchanged keeps its content.
    update,    ///< Applies the difference in `detail` to the document of `key`.
    erase,     ///< There is no row of `key`.
    clear,     ///< The table has no rows.
    drop,      ///< There is no such table.
    drop_all,  ///< There are no tables of `table`'s source and, unless empty, of its database.
    rename,    ///< The table is called `to`. A table that had this name is gone.
  };
  Kind kind = Kind::nothing;
  CopyTableRef table;
  CopyTableRef to{};
  Row key{};  ///< No value of it is NULL.
  Row row{};  ///< Contains the key's columns.
  std::string detail{};
};

/// One copy in one database. One thread. Calls block until the database has answered. Errors have
/// Origin::target. After an error with Remedy::retry the call may or may not have happened: read
/// the place before anything else. The object is usable again without being reopened.
class Target {
 public:
  virtual ~Target() = default;

  /// Reads the place from the database. A new copy is at sequence 0.
  virtual Result<CopyPlace> place() = 0;

  /// Applies the operations in order and moves the place, all in one transaction, if the place is
  /// still `expected`. Makes tables and columns that are missing. Returns how many updates were for
  /// rows that the copy does not have, and were left out.
  ///
  /// Fails with stand_by (`target.conflict`: the place has moved; nothing was changed), or with
  /// stop: `target.table_not_empty`, `target.table_taken`, `target.key_differs`,
  /// `target.value_does_not_fit`, … .
  virtual Result<std::uint64_t> apply(const CopyPlace& expected,
                                      std::span<const RowOperation> operations,
                                      const CopyPlace& next) = 0;

  /// The names of the copy's tables in the database.
  virtual Result<std::vector<std::string>> tables() = 0;

  /// Removes the copy: the tables that it made, the rows of the others, and its place.
  virtual Result<void> remove() = 0;

  /// This copy replaces the copy `other`, if it is still at `expected`. Its tables get the names
  /// that they have there, and the tables of `other` are gone. From now on this object is the copy
  /// `other`. Readers see either copy, in one transaction where the database can do that. Can be
  /// repeated if it was interrupted.
  virtual Result<void> replace(const CopyName& other, const CopyPlace& expected) = 0;
};

/// A configured database, not yet connected. Any thread.
class TargetAdapter {
 public:
  virtual ~TargetAdapter() = default;

  /// For messages: "sqlite copy.db".
  [[nodiscard]] virtual std::string describe() const = 0;
  /// The database's file on this machine; empty: none.
  [[nodiscard]] virtual std::string file() const { return {}; }
  /// Whether documents are kept as they are. If not, their fields arrive as columns.
  [[nodiscard]] virtual bool keeps_documents() const { return false; }

  /// Connects, and makes what it needs to remember the copy's place.
  virtual Result<std::unique_ptr<Target>> open(const CopyName& copy) = 0;
};

}  // namespace headwater

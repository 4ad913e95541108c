// Reads one table in the order of its key, from any key.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/event/value.h"
#include "src/sources/sqlite/feed/shape_book.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {

struct ScannedRow {
  std::vector<Value> image;  ///< As FeedShape describes it; empty if too large.
  std::vector<Value> key;
  std::uint64_t size = 0;  ///< Bytes of the values; at least so many if too large.
  bool too_large = false;
  bool selected = true;  ///< By the filter.
};

/// A key with a collation that this connection lacks is read in the order of its bytes instead. No
/// index has that order, so each piece scans the whole table. Other tables are read by an index or
/// in their own order.
///
/// All calls except make() and end() are inside a transaction of the caller. One thread.
class TableScan {
 public:
  /// `database` and `shape` must outlive the scan; the table must have that shape now. Rows of more
  /// than `max_row` bytes are returned without their values. `filter`: an SQL expression over the
  /// columns; rows that it does not select are returned as well, so that a piece stays short.
  static Result<TableScan> make(Database& database, const FeedShape& shape, std::uint64_t max_row,
                                const std::string& filter = {});

  /// next() returns the rows after this key; all rows if it is empty.
  void seek(std::vector<Value> cursor);
  /// Returns false at the end. `row` is reused.
  Result<bool> next(ScannedRow& row);
  /// Call it before the transaction ends.
  void end();

  /// Whether the scan has reached or passed this key, in the order of the table itself.
  Result<bool> reached(std::span<const Value> key);
  [[nodiscard]] const std::vector<Value>& cursor() const { return cursor_; }

 private:
  struct Parts {
    std::string selected;  ///< Whether the filter selects the row.
    std::string source;    ///< " FROM table"
    std::string after;     ///< " WHERE key > ?"
    std::string order;     ///< " ORDER BY key"
    std::string limit;     ///< " LIMIT 512" if a piece must be sorted; otherwise empty.
    Statement first, rest, compare;
  };
  TableScan(Database& database, const FeedShape& shape, std::uint64_t max_row, Parts parts);

  Statement& positioned();
  [[nodiscard]] bool cut_short() const;
  [[nodiscard]] std::string next_row(const std::string& what) const;
  Result<bool> next_measured(ScannedRow& row);
  Result<std::uint64_t> measure();
  void decode(const Statement& from, ScannedRow& row);

  Database* database_;
  const FeedShape* shape_;
  std::uint64_t max_row_;
  Parts parts_;
  std::vector<Value> cursor_;
  std::vector<Value> bound_;  // what the parameters point to, which must not change under them
  Statement* stepping_ = nullptr;
  std::size_t stepped_ = 0;  // rows of this statement so far
};

/// Binds `values` from parameter `index` on. They must live until the statement is reset.
void bind_values(Statement& statement, int index, std::span<const Value> values);

}  // namespace headwater::sqlite

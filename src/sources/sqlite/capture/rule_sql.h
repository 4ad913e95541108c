// The condition, as SQL for a trigger, by which a row that is about to be written conflicts with an
// existing one. No I/O.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/sources/sqlite/capture/table_info.h"

namespace headwater::sqlite {

/// One search for rows that conflict with "new".
struct Conflict {
  std::string from;       ///< " FROM \"t\" AS o"
  std::string row;        ///< The name of a row in `from`: "o".
  std::string condition;  ///< Of the row and new.
};

class RuleSql {
 public:
  /// `table` must outlive it.
  explicit RuleSql(const TableInfo& table) : table_(table) {}

  /// One for the rowid and each rule. `insert`: SQLite may not have chosen new's rowid yet.
  [[nodiscard]] std::vector<Conflict> conflicts(bool insert) const;

  /// Why an inserted row's conflicts cannot be predicted: a rule uses a rowid that SQLite has not
  /// chosen yet, in a way that cannot be computed before. Empty: they can.
  [[nodiscard]] std::string why_not_foreseen() const;

 private:
  enum class Rowid { known, next };

  [[nodiscard]] Conflict conflict(const UniqueRule& rule, Rowid rowid) const;
  [[nodiscard]] std::string of_new(const std::string& expression, Rowid rowid) const;
  [[nodiscard]] std::string next_rowid() const;
  [[nodiscard]] bool uses_rowid(const UniqueRule& rule) const;
  [[nodiscard]] bool has_generated(const UniqueRule& rule) const;
  [[nodiscard]] bool generates_from_rowid() const;
  [[nodiscard]] bool is_rowid(std::string_view name) const;
  [[nodiscard]] bool has_column(std::string_view name) const;

  const TableInfo& table_;
};

[[nodiscard]] std::string joined(const std::vector<std::string>& parts, const char* between);
/// "((a OR b) OR (c OR d))": nested as little as possible, because an application may have limited
/// the depth (SQLITE_LIMIT_EXPR_DEPTH).
[[nodiscard]] std::string balanced(std::span<const std::string> parts, const char* between);
/// "(a, b)", whose depth does not grow with the number; just "a" for one.
[[nodiscard]] std::string row_value(const std::vector<std::string>& parts);
[[nodiscard]] std::string concat(std::initializer_list<std::string_view> parts);

}  // namespace headwater::sqlite

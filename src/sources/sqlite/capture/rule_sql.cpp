#include "src/sources/sqlite/capture/rule_sql.h"

#include <algorithm>

#include "src/sources/sqlite/capture/index_text.h"
#include "src/sources/sqlite/capture/rows.h"

namespace headwater::sqlite {
namespace {

constexpr std::initializer_list<const char*> rowid_names{"rowid", "_rowid_", "oid"};

/// The name in a token, without its quotes.
std::string_view bare(std::string_view token) {
  constexpr std::string_view quotes = "\"`['";
  if (token.size() < 2 || quotes.find(token.front()) == std::string_view::npos) return token;
  return token.substr(1, token.size() - 2);
}

}  // namespace

std::string joined(const std::vector<std::string>& parts, const char* between) {
  std::string result;
  for (std::size_t i = 0; i < parts.size(); ++i)
    result.append(i == 0 ? "" : between).append(parts[i]);
  return result;
}

std::string balanced(std::span<const std::string> parts, const char* between) {
  if (parts.size() < 2) return parts.empty() ? std::string() : parts.front();
  const std::size_t half = parts.size() / 2;
  return concat({"(", balanced(parts.first(half), between), between,
                 balanced(parts.subspan(half), between), ")"});
}

std::string row_value(const std::vector<std::string>& parts) {
  return parts.size() == 1 ? parts.front() : "(" + joined(parts, ", ") + ")";
}

std::string concat(std::initializer_list<std::string_view> parts) {
  std::string result;
  for (const auto part : parts) result.append(part);
  return result;
}

bool RuleSql::has_column(std::string_view name) const {
  return std::ranges::any_of(
      table_.columns, [&](const TableColumn& column) { return same_name(column.name, name); });
}

bool RuleSql::is_rowid(std::string_view name) const {
  if (table_.integer_key && same_name(name, table_.columns[table_.key.front()].name)) return true;
  if (table_.rowid.empty() || has_column(name)) return false;
  return std::ranges::any_of(rowid_names,
                             [&](const char* other) { return same_name(name, other); });
}

bool RuleSql::uses_rowid(const UniqueRule& rule) const {
  const auto in = [&](const std::string& sql) {
    return std::ranges::any_of(sql_tokens(sql), [&](auto token) { return is_rowid(bare(token)); });
  };
  return in(rule.where) || std::ranges::any_of(rule.terms, [&](const UniqueRule::Term& term) {
           return in(term.expression);
         });
}

bool RuleSql::has_generated(const UniqueRule& rule) const {
  const auto in = [&](const std::string& sql) {
    return std::ranges::any_of(sql_tokens(sql), [&](auto token) {
      const auto at = std::ranges::find_if(table_.columns, [&](const TableColumn& column) {
        return same_name(column.name, bare(token));
      });
      return at != table_.columns.end() && at->generated;
    });
  };
  return in(rule.where) || std::ranges::any_of(rule.terms, [&](const UniqueRule::Term& term) {
           return in(term.column.empty() ? term.expression : quote_name(term.column));
         });
}

/// Whether any generated column may contain it. In CREATE TABLE, only these have "AS (".
bool RuleSql::generates_from_rowid() const {
  int depth = 0;
  bool as = false;
  for (const auto token : sql_tokens(table_.definition)) {
    if (depth > 0 && is_rowid(bare(token))) return true;
    if (token == "(" && (as || depth > 0)) ++depth;
    if (token == ")" && depth > 0) --depth;
    as = same_name(token, "AS");
  }
  return false;
}

std::string RuleSql::why_not_foreseen() const {
  if (table_.rowid.empty()) return {};
  const char* after = nullptr;
  for (const auto& rule : table_.rules) {
    if (has_generated(rule) && generates_from_rowid()) after = "it has computed a generated column";
    if (uses_rowid(rule) && table_.others_before) after = "a trigger of yours that may insert rows";
  }
  if (after == nullptr) return {};
  return concat({"a unique index of it computes with the rowid, which SQLite chooses after ", after,
                 ", so the trigger cannot find the row that a REPLACE removes"});
}

/// The rowid that SQLite will most likely choose.
std::string RuleSql::next_rowid() const {
  const std::string greatest = "coalesce(max(o." + table_.rowid + "), 0)";
  const std::string from = " FROM " + quote_name(table_.name) + " AS o)";
  if (!table_.autoincrement) return concat({"(SELECT ", greatest, " + 1", from});
  return concat({"(SELECT max(", greatest,
                 ", coalesce((SELECT seq FROM sqlite_sequence WHERE name = ",
                 quote_text(table_.name), "), 0)) + 1", from});
}

/// An index's expression or condition, for the row that is about to be written.
std::string RuleSql::of_new(const std::string& expression, Rowid rowid) const {
  std::vector<std::string> parts;
  const auto add = [&](const std::string& value, const std::string& name) {
    const bool next = rowid == Rowid::next && is_rowid(name);
    parts.push_back((next ? next_rowid() : "new." + value) + " AS " + quote_name(name));
  };
  for (const auto& column : table_.columns) add(quote_name(column.name), column.name);
  for (const char* name : rowid_names) {
    if (!table_.rowid.empty() && !has_column(name)) add(table_.rowid, name);
  }
  return "(SELECT (" + expression + "\n) FROM (SELECT " + joined(parts, ", ") + ") AS " +
         quote_name(table_.name) + ")";
}

Conflict RuleSql::conflict(const UniqueRule& rule, Rowid rowid) const {
  // The condition of a partial index may name the table.
  const std::string name = quote_name(table_.name);
  Conflict found{" FROM " + name, name, {}};
  if (rule.where.empty()) found = {" FROM " + name + " AS o", "o", {}};
  std::vector<std::string> parts;
  std::vector<std::string> there;
  std::vector<std::string> coming;
  if (rowid == Rowid::next) parts.push_back("new." + table_.rowid + " = -1");
  for (const auto& term : rule.terms) {
    if (term.column.empty()) {
      // The leftmost counts: there may be others inside the expression.
      there.push_back(concat({"(", term.expression, "\n) COLLATE ", quote_name(term.collation)}));
      coming.push_back(of_new(term.expression, rowid));
    } else {
      const std::string column = quote_name(term.column);
      there.push_back(concat({found.row, ".", column}));
      coming.push_back(concat({"new.", column, table_.collate(term.column, term.collation)}));
    }
  }
  parts.push_back(row_value(there) + " = " + row_value(coming));
  if (!rule.where.empty()) {
    parts.push_back("(" + rule.where + "\n)");
    parts.push_back(of_new(rule.where, rowid));
  }
  found.condition = balanced(parts, " AND ");
  return found;
}

std::vector<Conflict> RuleSql::conflicts(bool insert) const {
  std::vector<Conflict> result;
  const std::string from = " FROM " + quote_name(table_.name) + " AS o";
  if (!table_.rowid.empty()) {
    result.push_back({from, "o", "o." + table_.rowid + " = new." + table_.rowid});
  }
  for (const auto& rule : table_.rules) {
    result.push_back(conflict(rule, Rowid::known));
    // A rowid reads as -1 before SQLite has chosen it, but -1 may also have been requested. An
    // extra entry in the stash does no harm.
    if (insert && uses_rowid(rule)) result.push_back(conflict(rule, Rowid::next));
  }
  return result;
}

}  // namespace headwater::sqlite

#include "src/sources/sqlite/capture/trigger_sql.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "src/sources/sqlite/capture/rule_sql.h"
#include "src/sources/sqlite/capture/trigger_names.h"

namespace headwater::sqlite {
namespace {

/// The most entries of one table in the stash within a statement; more than the conflicts of a row.
constexpr int stash_depth = 64;

/// The name of a row of the stash; no user table can have this name.
constexpr const char* stash = "_headwater_stash";

class Writer {
 public:
  Writer(const TableInfo& table, std::int64_t shape, bool pair_fits)
      : table_(table), rules_(table), shape_(std::to_string(shape)), pair_fits_(pair_fits) {}

  [[nodiscard]] std::vector<Trigger> all() const;

 private:
  [[nodiscard]] std::string image(const std::string& row) const;
  [[nodiscard]] std::string key_value(const std::string& row, std::size_t place) const;
  [[nodiscard]] std::string name_of(std::size_t column) const {
    return quote_name(table_.columns[column].name);
  }
  [[nodiscard]] std::size_t key_size() const { return table_.by_rowid ? 1 : table_.key.size(); }
  [[nodiscard]] bool key_is_rowid() const { return table_.by_rowid || table_.integer_key; }
  [[nodiscard]] std::string key_of(const std::string& row, const char* before = "",
                                   const char* behind = "") const;
  [[nodiscard]] std::string same_key(const std::string& a, const std::string& b) const;
  [[nodiscard]] std::string same_key_by_index(const std::string& a, const char* is,
                                              const std::string& b) const;
  [[nodiscard]] std::string key_found(const std::string& row) const;
  [[nodiscard]] std::string same_row(const std::string& a, const std::string& b) const;
  [[nodiscard]] std::string other_row(const std::string& row) const;
  [[nodiscard]] std::string from_table() const {
    return " FROM " + quote_name(table_.name) + " AS o";
  }
  [[nodiscard]] std::string now_new() const {
    return from_table() + " WHERE " + same_row("o", "new");
  }
  [[nodiscard]] std::string of_stash() const {
    return " FROM _headwater_stash WHERE shape = " + shape_ + " AND ";
  }

  [[nodiscard]] std::string log(const char* op, std::size_t images,
                                const std::string& select) const;
  [[nodiscard]] std::string log_gone(const std::string& besides) const;
  [[nodiscard]] std::string log_update() const;
  [[nodiscard]] std::string settle(const std::string& gone) const;
  [[nodiscard]] std::string stash_row(const std::string& row, const std::string& found) const;
  [[nodiscard]] std::string stash_written() const;
  [[nodiscard]] std::string sweep() const;
  [[nodiscard]] std::string note_null_key() const;
  [[nodiscard]] std::string guarded_columns() const;
  [[nodiscard]] Trigger guard(const char* what, const std::string& event, bool insert) const;
  [[nodiscard]] Trigger trigger(const char* what, const std::string& event, const std::string& when,
                                const std::string& body) const;
  [[nodiscard]] Trigger inserted() const;
  [[nodiscard]] Trigger updated() const;
  [[nodiscard]] Trigger removed() const;

  const TableInfo& table_;
  RuleSql rules_;
  std::string shape_;
  bool pair_fits_;
};

/// The row's values as in the log. The columns of the stash have other names.
std::string Writer::image(const std::string& row) const {
  std::vector<std::string> parts;
  if (row == stash) {
    for (std::size_t i = 0; i < table_.width(); ++i) parts.push_back("v" + std::to_string(i));
    return joined(parts, ", ");
  }
  for (std::size_t i = 0; i < table_.columns.size(); ++i) parts.push_back(row + "." + name_of(i));
  if (table_.by_rowid) parts.push_back(row + "." + table_.rowid);
  return joined(parts, ", ");
}

std::string Writer::key_value(const std::string& row, std::size_t place) const {
  const std::size_t at = table_.by_rowid ? table_.columns.size() : table_.key[place];
  if (row == stash) return row + ".v" + std::to_string(at);
  return row + "." + (table_.by_rowid ? table_.rowid : name_of(at));
}

/// The key as one value, with text before and after each column.
std::string Writer::key_of(const std::string& row, const char* before, const char* behind) const {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < key_size(); ++i) {
    parts.push_back(concat({before, key_value(row, i), behind}));
  }
  return row_value(parts);
}

/// The same key to the byte and type, whatever the table's collation.
std::string Writer::same_key(const std::string& a, const std::string& b) const {
  if (key_is_rowid()) return key_of(a) + " IS " + key_of(b);
  return key_of(a, "", " COLLATE BINARY") + " IS " + key_of(b) + " AND " +
         key_of(a, "typeof(", ")") + " = " + key_of(b, "typeof(", ")");
}

/// First a condition that the key's index can answer, then the exact one.
std::string Writer::same_key_by_index(const std::string& a, const char* is,
                                      const std::string& b) const {
  if (key_is_rowid()) return key_of(a) + is + key_of(b);
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < key_size(); ++i) {
    parts.push_back(key_value(b, i) +
                    table_.collate(table_.columns[table_.key[i]].name, table_.collations[i]));
  }
  return key_of(a) + is + row_value(parts) + " AND " + same_key(a, b);
}

/// Whether the table has a row "o" of this key.
std::string Writer::key_found(const std::string& row) const {
  return "EXISTS (SELECT 1" + from_table() + " WHERE " +
         same_key_by_index("o", table_.nullable_key ? " IS " : " = ", row) + ")";
}

/// The same physical row, by the fastest comparison.
std::string Writer::same_row(const std::string& a, const std::string& b) const {
  if (!table_.rowid.empty()) return a + "." + table_.rowid + " = " + b + "." + table_.rowid;
  return same_key_by_index(a, " = ", b);
}

/// Not the row that is updated.
std::string Writer::other_row(const std::string& row) const {
  if (!table_.rowid.empty()) return row + "." + table_.rowid + " <> old." + table_.rowid;
  return "NOT (" + same_row(row, "old") + ")";
}

std::string Writer::log(const char* op, std::size_t images, const std::string& select) const {
  return concat({"  INSERT INTO _headwater_log(shape, op, ",
                 value_columns(0, images * table_.width()), ") SELECT ", shape_, ", ", op, ", ",
                 select, ";\n"});
}

std::string Writer::log_gone(const std::string& besides) const {
  return log("3", 1, image("old") + " WHERE " + besides + "NOT " + key_found("old"));
}

std::string Writer::log_update() const {
  const std::string same = same_key("old", "new");
  if (pair_fits_) {
    return log("2", 2, image("old") + ", " + image("o") + now_new() + " AND " + same);
  }
  return log("3", 1, image("old") + " WHERE " + same + " AND EXISTS (SELECT 1" + now_new() + ")") +
         log("1", 1, image("o") + now_new() + " AND " + same);
}

/// Logs the deletes that no trigger saw, and removes the entries.
std::string Writer::settle(const std::string& gone) const {
  return log("3", 1, image(stash) + of_stash() + gone) + "  DELETE" + of_stash() + gone + ";\n";
}

std::string Writer::stash_row(const std::string& row, const std::string& found) const {
  return concat({"  INSERT INTO _headwater_stash(shape, id, ", value_columns(0, table_.width()),
                 ") SELECT ", shape_,
                 ", (SELECT coalesce(max(id), 0) + 1 FROM _headwater_stash WHERE shape = ", shape_,
                 "), ", image(row), found, " AND NOT EXISTS (SELECT 1", of_stash(),
                 same_key(stash, row), ");\n"});
}

/// The statement's own row may replace a row that a user's trigger wrote just before it, and no
/// guard can have seen that.
std::string Writer::stash_written() const {
  if (!table_.others_before) return {};
  return sweep() + stash_row("o", now_new());
}

std::string Writer::sweep() const {
  return concat({"  DELETE FROM _headwater_stash WHERE time <> ", now_sql, " OR (shape = ", shape_,
                 " AND id <= (SELECT max(id) FROM _headwater_stash WHERE shape = ", shape_, ") - ",
                 std::to_string(stash_depth), ");\n"});
}

std::string Writer::note_null_key() const {
  if (!table_.nullable_key) return {};
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < key_size(); ++i) parts.push_back(key_value("new", i) + " IS NULL");
  const std::string null = " AND " + balanced(parts, " OR ") + ";\n";
  return "  UPDATE _headwater_captured SET nulls = 1 WHERE shape = " + shape_ + null +
         "  UPDATE _headwater_meta SET value = 1 WHERE key = 'renew'" + null;
}

/// " OF columns": the updates that can violate a rule; empty for all updates.
std::string Writer::guarded_columns() const {
  std::vector<std::string> parts;
  // SQLite accepts names here that are not columns, and matches them as written.
  if (!table_.rowid.empty()) parts.insert(parts.end(), {"rowid", "_rowid_", "oid"});
  if (table_.integer_key) parts.push_back(name_of(table_.key.front()));
  for (const auto& rule : table_.rules) {
    if (!rule.plain()) return {};
    for (const auto& term : rule.terms) {
      const auto column = std::ranges::find(table_.columns, term.column, &TableColumn::name);
      if (column == table_.columns.end() || column->generated) return {};
      parts.push_back(quote_name(term.column));
    }
  }
  return " OF " + joined(parts, ", ");
}

Trigger Writer::trigger(const char* what, const std::string& event, const std::string& when,
                        const std::string& body) const {
  const std::string name = trigger_prefix(std::stoll(shape_)) + what;
  return {name, "CREATE TRIGGER " + quote_name(name) + " " + event + " ON " +
                    quote_name(table_.name) + (when.empty() ? "" : "\nWHEN " + when) + "\nBEGIN\n" +
                    body + "END"};
}

Trigger Writer::guard(const char* what, const std::string& event, bool insert) const {
  // Not with OR, because the depth of the expression would grow with the rules.
  std::string when = "CASE";
  std::string body = sweep();
  for (const auto& rule : rules_.conflicts(insert)) {
    std::string found = rule.from + " WHERE " + rule.condition;
    if (!insert) found += " AND " + other_row(rule.row);
    when += concat({" WHEN EXISTS (SELECT 1", found, ") THEN 1"});
    body += stash_row(rule.row, found);
  }
  return trigger(what, event, when + " END", body);
}

Trigger Writer::inserted() const {
  const std::string gone = "NOT " + key_found(stash);
  return trigger("insert", "AFTER INSERT", {},
                 settle("(" + same_key(stash, "new") + " OR " + gone + ")") +
                     log("1", 1, image("o") + now_new()) + stash_written() + note_null_key());
}

Trigger Writer::updated() const {
  const std::string gone = "NOT " + key_found(stash);
  const std::string was_old = same_key(stash, "old");
  const std::string moved = "NOT (" + same_key("old", "new") + ")";
  // The table's present row, not new.*, because a cascade may have changed the row again.
  const std::string renew =
      concat({"  UPDATE _headwater_stash SET (", value_columns(0, table_.width()), ") = (SELECT ",
              image("o"), now_new(), ") WHERE shape = ", shape_, " AND ", was_old,
              " AND EXISTS (SELECT 1", now_new(), ");\n"});
  return trigger(
      "update", "AFTER UPDATE", {},
      settle("NOT (" + was_old + ") AND (" + same_key(stash, "new") + " OR " + gone + ")") + renew +
          log_update() + log_gone(moved + " AND ") +
          log("1", 1, image("o") + now_new() + " AND " + moved) + stash_written() +
          note_null_key());
}

Trigger Writer::removed() const {
  const std::string was_old = same_key(stash, "old");
  // A REPLACE whose own row is deleted by a cascade fires no other trigger.
  return trigger("delete", "AFTER DELETE", {},
                 settle("NOT (" + was_old + ") AND NOT " + key_found(stash)) + "  DELETE" +
                     of_stash() + was_old + ";\n" + log_gone({}));
}

std::vector<Trigger> Writer::all() const {
  return {
      inserted(),
      updated(),
      removed(),
      guard("guard_insert", "BEFORE INSERT", true),
      guard("guard_update", "BEFORE UPDATE" + guarded_columns(), false),
  };
}

}  // namespace

std::vector<Trigger> triggers_for(const TableInfo& table, std::int64_t shape, bool pair_fits) {
  return Writer(table, shape, pair_fits).all();
}

std::vector<std::string> conflicts(const TableInfo& table) {
  std::vector<std::string> result;
  for (auto& rule : RuleSql(table).conflicts(true)) result.push_back(std::move(rule.condition));
  return result;
}

std::size_t most_values(Database& database) {
  constexpr int besides = 4;  // seq, shape, op, time
  return static_cast<std::size_t>(sqlite3_limit(database.handle(), SQLITE_LIMIT_COLUMN, -1) -
                                  besides);
}

std::string value_columns(std::size_t first, std::size_t count) {
  std::string result;
  for (std::size_t i = first; i < first + count; ++i) {
    result.append(i == first ? "v" : ", v").append(std::to_string(i));
  }
  return result;
}

}  // namespace headwater::sqlite

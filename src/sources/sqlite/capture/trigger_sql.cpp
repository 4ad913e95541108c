// How the capture keeps true, whatever fires in between:
//
// - An image of a row "after" is read from the table when it is logged, not taken from new.*. So
//   the last log row of a key says what the table holds, also when somebody else's trigger or a
//   foreign key changed the row again before our trigger came to it.
// - A row that a REPLACE might remove is put into the stash before (guard triggers). Delete and
//   update triggers keep the stash up to date, so that an entry whose row is gone means exactly
//   this: it was removed and no delete trigger has fired. Then its delete is logged (settle
//   triggers). Entries of statements that replaced nothing do no harm; they are swept later.
#include "src/sources/sqlite/capture/trigger_sql.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace headwater::sqlite {
namespace {

/// Entries of one table the stash keeps within a statement; more than a row can conflict with.
constexpr int stash_depth = 64;

std::string joined(const std::vector<std::string>& parts, const char* between) {
  std::string result;
  for (std::size_t i = 0; i < parts.size(); ++i)
    result.append(i == 0 ? "" : between).append(parts[i]);
  return result;
}

std::string concat(std::initializer_list<std::string_view> parts) {
  std::string result;
  for (const auto part : parts) result.append(part);
  return result;
}

class Writer {
 public:
  Writer(const TableInfo& table, std::int64_t shape, bool pair_fits)
      : table_(table), shape_(std::to_string(shape)), pair_fits_(pair_fits) {}

  [[nodiscard]] std::vector<Trigger> all() const;
  [[nodiscard]] std::vector<std::string> conflicts(bool insert) const;

 private:
  [[nodiscard]] std::string name_of(std::size_t column) const {
    return quote_name(table_.columns[column].name);
  }
  [[nodiscard]] std::string image(const std::string& row) const;
  [[nodiscard]] std::string key_value(const std::string& row, std::size_t place) const;
  [[nodiscard]] std::size_t key_size() const { return table_.by_rowid ? 1 : table_.key.size(); }
  [[nodiscard]] bool key_is_rowid() const { return table_.by_rowid || table_.integer_key; }
  [[nodiscard]] std::string same_key(const std::string& a, const std::string& b) const;
  [[nodiscard]] std::string key_found(const std::string& row) const;
  [[nodiscard]] std::string same_row(const std::string& a, const std::string& b) const;
  [[nodiscard]] std::string from_table() const {
    return " FROM " + quote_name(table_.name) + " AS o";
  }
  [[nodiscard]] std::string stash_entry(const std::string& condition) const;

  [[nodiscard]] std::string conflict(const UniqueRule& rule, bool insert) const;
  [[nodiscard]] std::string of_new(const std::string& expression, bool insert) const;
  [[nodiscard]] std::string integer_key() const { return name_of(table_.key.front()); }

  [[nodiscard]] std::string log(const char* op, std::size_t images,
                                const std::string& select) const;
  [[nodiscard]] std::string log_current() const;
  [[nodiscard]] std::string log_gone() const;
  [[nodiscard]] std::string settle(const std::string& gone) const;
  [[nodiscard]] std::string note_null_key() const;
  [[nodiscard]] std::string guarded_columns() const;
  [[nodiscard]] std::string key_columns() const;
  [[nodiscard]] Trigger guard(const char* what, const std::string& event,
                              const std::string& besides) const;
  [[nodiscard]] Trigger trigger(const char* what, const std::string& event, const std::string& when,
                                const std::string& body) const;
  [[nodiscard]] Trigger update() const;
  [[nodiscard]] Trigger move() const;

  const TableInfo& table_;
  std::string shape_;
  bool pair_fits_;
};

/// The row's values as the log holds them. "s" is the stash, whose columns have other names.
std::string Writer::image(const std::string& row) const {
  if (row == "s") {
    return "s." + [&] {
      std::vector<std::string> parts;
      for (std::size_t i = 0; i < table_.width(); ++i) parts.push_back("v" + std::to_string(i));
      return joined(parts, ", s.");
    }();
  }
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < table_.columns.size(); ++i) parts.push_back(row + "." + name_of(i));
  if (table_.by_rowid) parts.push_back(row + "." + table_.rowid);
  return joined(parts, ", ");
}

std::string Writer::key_value(const std::string& row, std::size_t place) const {
  const std::size_t at = table_.by_rowid ? table_.columns.size() : table_.key[place];
  if (row == "s") return "s.v" + std::to_string(at);
  return row + "." + (table_.by_rowid ? table_.rowid : name_of(at));
}

/// The same key to the byte and type, whatever the table's collation thinks of it.
std::string Writer::same_key(const std::string& a, const std::string& b) const {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < key_size(); ++i) {
    const std::string left = key_value(a, i);
    const std::string right = key_value(b, i);
    parts.push_back(concat({left, " COLLATE BINARY IS ", right}));
    if (!key_is_rowid()) parts.push_back(concat({"typeof(", left, ") = typeof(", right, ")"}));
  }
  return joined(parts, " AND ");
}

/// Whether the table has a row "o" of this key. The first comparison of each column is the one the
/// key's index can answer.
std::string Writer::key_found(const std::string& row) const {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < key_size(); ++i) {
    std::string part =
        key_value("o", i) + (table_.nullable_key ? " IS " : " = ") + key_value(row, i);
    if (!key_is_rowid()) part += " COLLATE " + quote_name(table_.collations[i]);
    parts.push_back(std::move(part));
  }
  if (!key_is_rowid()) parts.push_back(same_key("o", row));
  return "EXISTS (SELECT 1" + from_table() + " WHERE " + joined(parts, " AND ") + ")";
}

/// The same physical row, by the quickest way there is.
std::string Writer::same_row(const std::string& a, const std::string& b) const {
  if (!table_.rowid.empty()) return a + "." + table_.rowid + " = " + b + "." + table_.rowid;
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < key_size(); ++i) {
    std::string part = key_value(a, i) + " = " + key_value(b, i);
    if (!key_is_rowid()) part += " COLLATE " + quote_name(table_.collations[i]);
    parts.push_back(std::move(part));
  }
  if (!key_is_rowid()) parts.push_back(same_key(a, b));
  return joined(parts, " AND ");
}

std::string Writer::stash_entry(const std::string& condition) const {
  return " FROM _headwater_stash AS s WHERE s.shape = " + shape_ + " AND " + condition;
}

/// An index's expression, for the row that is about to be written. Before an insert, a key that
/// SQLite has yet to choose reads -1; it will most likely be the next.
std::string Writer::of_new(const std::string& expression, bool insert) const {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < table_.columns.size(); ++i) {
    std::string value = "new." + name_of(i);
    if (insert && table_.integer_key && i == table_.key.front()) {
      value = concat({"CASE WHEN ", value, " <> -1 THEN ", value, " ELSE (SELECT coalesce(max(o.",
                      name_of(i), "), 0) + 1", from_table(), ") END"});
    }
    parts.push_back(concat({value, " AS ", name_of(i)}));
  }
  return "(SELECT (" + expression + "\n) FROM (SELECT " + joined(parts, ", ") + ") AS " +
         quote_name(table_.name) + ")";
}

std::string Writer::conflict(const UniqueRule& rule, bool insert) const {
  std::vector<std::string> parts;
  for (const auto& term : rule.terms) {
    const std::string collate = " COLLATE " + quote_name(term.collation);
    if (term.column.empty()) {
      parts.push_back(
          concat({"(", term.expression, "\n) = ", of_new(term.expression, insert), collate}));
    } else {
      const std::string column = quote_name(term.column);
      parts.push_back(concat({"o.", column, " = new.", column, collate}));
    }
  }
  if (!rule.where.empty()) {
    parts.push_back("(" + rule.where + "\n)");
    const std::string holds = of_new(rule.where, insert);
    // One entry too many in the stash does no harm.
    const bool unsure = insert && table_.integer_key;
    parts.push_back(unsure ? "(new." + integer_key() + " = -1 OR " + holds + ")" : holds);
  }
  return joined(parts, " AND ");
}

std::vector<std::string> Writer::conflicts(bool insert) const {
  std::vector<std::string> result;
  if (!table_.rowid.empty()) result.push_back("o." + table_.rowid + " = new." + table_.rowid);
  for (const auto& rule : table_.rules) result.push_back(conflict(rule, insert));
  return result;
}

std::string Writer::log(const char* op, std::size_t images, const std::string& select) const {
  return "  INSERT INTO _headwater_log(shape, op, time, " +
         value_columns(0, images * table_.width()) + ") SELECT " + shape_ + ", " + op + ", " +
         now_sql + ", " + select + ";\n";
}

std::string Writer::log_current() const {
  return log("1", 1, image("o") + from_table() + " WHERE " + same_row("o", "new"));
}

std::string Writer::log_gone() const {
  return log("3", 1, image("old") + " WHERE NOT " + key_found("old"));
}

/// Logs the deletes nobody saw, and forgets the entries.
std::string Writer::settle(const std::string& gone) const {
  return log("3", 1, image("s") + stash_entry(gone)) +
         "  DELETE FROM _headwater_stash WHERE shape = " + shape_ + " AND id IN (SELECT s.id" +
         stash_entry(gone) + ");\n";
}

std::string Writer::note_null_key() const {
  if (!table_.nullable_key) return {};
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < key_size(); ++i) parts.push_back(key_value("new", i) + " IS NULL");
  return "  UPDATE _headwater_meta SET value = 1 WHERE key = 'renew' AND (" +
         joined(parts, " OR ") + ");\n";
}

std::string Writer::key_columns() const {
  std::vector<std::string> parts;
  for (const auto column : table_.key) {
    if (table_.columns[column].generated) return {};
    parts.push_back(name_of(column));
  }
  // SQLite takes names here that are no columns, and matches them as they are written.
  if (key_is_rowid()) parts.insert(parts.end(), {"rowid", "_rowid_", "oid"});
  return " OF " + joined(parts, ", ");
}

/// " OF columns": the updates that can run into a rule; empty for all updates.
std::string Writer::guarded_columns() const {
  std::vector<std::string> parts;
  if (!table_.rowid.empty()) parts.insert(parts.end(), {"rowid", "_rowid_", "oid"});
  if (table_.integer_key) parts.push_back(integer_key());
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

Trigger Writer::guard(const char* what, const std::string& event,
                      const std::string& besides) const {
  std::string when;
  std::string body = "  DELETE FROM _headwater_stash WHERE time <> " + std::string(now_sql) +
                     " OR (shape = " + shape_ +
                     " AND id <= (SELECT max(id) FROM _headwater_stash WHERE shape = " + shape_ +
                     ") - " + std::to_string(stash_depth) + ");\n";
  const std::string values = value_columns(0, table_.width());
  for (const auto& condition : conflicts(besides.empty())) {
    const std::string found = concat({from_table(), " WHERE ", condition, besides});
    when.append(when.empty() ? "" : " OR ").append(concat({"EXISTS (SELECT 1", found, ")"}));
    body +=
        concat({"  INSERT INTO _headwater_stash(shape, id, time, ", values, ") SELECT ", shape_,
                ", (SELECT coalesce(max(id), 0) + 1 FROM _headwater_stash WHERE shape = ", shape_,
                "), ", now_sql, ", ", image("o"), found, " AND NOT EXISTS (SELECT 1",
                stash_entry(same_key("s", "o")), ");\n"});
  }
  return trigger(what, event, when, body);
}

Trigger Writer::update() const {
  std::string body;
  if (pair_fits_) {
    body = log("2", 2,
               image("old") + ", " + image("o") + from_table() + " WHERE " + same_row("o", "new"));
  } else {
    body = log("3", 1,
               image("old") + " WHERE EXISTS (SELECT 1" + from_table() + " WHERE " +
                   same_row("o", "new") + ")") +
           log_current();
  }
  return trigger("update", "AFTER UPDATE", same_key("old", "new"), body);
}

Trigger Writer::move() const {
  return trigger("move", "AFTER UPDATE" + key_columns(), "NOT (" + same_key("old", "new") + ")",
                 log_gone() + log_current() + note_null_key());
}

std::vector<Trigger> Writer::all() const {
  const std::string stashed =
      "EXISTS (SELECT 1 FROM _headwater_stash WHERE shape = " + shape_ + ")";
  const std::string gone = "NOT " + key_found("s");
  // What the table holds now, not new.*: a cascade may have changed the row again.
  const std::string renew =
      "  UPDATE _headwater_stash SET (" + value_columns(0, table_.width()) + ") = (SELECT " +
      image("o") + from_table() + " WHERE " + same_row("o", "new") + ") WHERE shape = " + shape_ +
      " AND id IN (SELECT s.id" + stash_entry(same_key("s", "old")) + ") AND EXISTS (SELECT 1" +
      from_table() + " WHERE " + same_row("o", "new") + ");\n";
  return {
      trigger("insert", "AFTER INSERT", {}, log_current() + note_null_key()),
      update(),
      move(),
      trigger("delete", "AFTER DELETE", {}, log_gone()),
      trigger("settle_insert", "AFTER INSERT", stashed,
              settle("(" + same_key("s", "new") + " OR " + gone + ")")),
      trigger("settle_update", "AFTER UPDATE", stashed,
              settle("NOT (" + same_key("s", "old") + ") AND (" + same_key("s", "new") + " OR " +
                     gone + ")") +
                  renew),
      // A REPLACE whose own row a cascade deletes comes to no other trigger than this.
      trigger("settle_delete", "AFTER DELETE", stashed,
              settle("NOT (" + same_key("s", "old") + ") AND " + gone) +
                  "  DELETE FROM _headwater_stash WHERE shape = " + shape_ +
                  " AND id IN (SELECT s.id" + stash_entry(same_key("s", "old")) + ");\n"),
      guard("guard_insert", "BEFORE INSERT", {}),
      guard("guard_update", "BEFORE UPDATE" + guarded_columns(),
            " AND NOT (" + same_row("o", "old") + ")"),
  };
}

}  // namespace

std::vector<Trigger> triggers_for(const TableInfo& table, std::int64_t shape, bool pair_fits) {
  return Writer(table, shape, pair_fits).all();
}

std::string trigger_prefix(std::int64_t shape) {
  return "_headwater_" + std::to_string(shape) + "_";
}

std::vector<std::string> conflicts(const TableInfo& table) {
  return Writer(table, 0, true).conflicts(true);
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

#include "src/sources/sqlite/capture/table_info.h"

#include <algorithm>
#include <ranges>

#include "src/sources/sqlite/capture/index_text.h"
#include "src/sources/sqlite/capture/readable.h"
#include "src/sources/sqlite/capture/rows.h"
#include "src/sources/sqlite/capture/rule_sql.h"
#include "src/sources/sqlite/capture/trigger_sql.h"
#include "src/sources/sqlite/capture/unique_rules.h"

namespace headwater::sqlite {
namespace {

/// A few milliseconds of work.
constexpr int rows_per_piece = 4000;

/// The columns, and the declared key's columns with their places in it.
struct Declared {
  std::vector<std::pair<std::int64_t, std::size_t>> key;  // place in the key, column
  bool nullable = false;
};

void leave_out(TableInfo& table, Declared& declared, const std::string& column,
               const std::string& why) {
  table.left_out.push_back({column, why});
  const auto at = std::ranges::find(table.columns, column, &TableColumn::name);
  const auto place = static_cast<std::size_t>(at - table.columns.begin());
  table.columns.erase(at);
  for (auto& [order, key] : declared.key) key -= key > place ? 1U : 0U;
}

std::string collation_of(const Database& database, const TableInfo& table,
                         const std::string& column) {
  const char* collation = nullptr;
  sqlite3_table_column_metadata(database.handle(), "main", table.name.c_str(), column.c_str(),
                                nullptr, &collation, nullptr, nullptr, nullptr);
  return collation == nullptr ? std::string() : collation;
}

Result<Declared> read_columns(Database& database, TableInfo& table) {
  Declared declared;
  auto rows = database.prepare(
      "SELECT name, pk, hidden, \"notnull\" FROM pragma_table_xinfo(?1, 'main') ORDER BY cid");
  if (!rows) return failed(rows);
  rows->bind_text(0, table.name);
  constexpr std::int64_t computed_when_read = 2;
  std::vector<std::string> computed;
  auto done = for_each_row(*rows, [&](const Statement& row) {
    if (row.integer(2) == computed_when_read) computed.push_back(text_at(row, 0));
    if (row.integer(1) > 0) {
      declared.key.emplace_back(row.integer(1), table.columns.size());
      declared.nullable = declared.nullable || row.integer(3) == 0;
    }
    table.columns.push_back(
        {.name = text_at(row, 0), .generated = row.integer(2) >= 2, .collation = {}});
  });
  if (!done) return failed(done);
  for (auto& column : table.columns) column.collation = collation_of(database, table, column.name);
  for (const auto& name : computed) {
    auto why = why_not_computed(database, table.name, name);
    if (!why) return failed(why);
    if (!why->empty()) leave_out(table, declared, name, *why);
  }
  std::ranges::sort(declared.key);
  return declared;
}

bool has_word(std::string_view sql, std::string_view word) {
  return std::ranges::any_of(sql_tokens(sql), [&](auto token) { return same_name(token, word); });
}

/// BEFORE triggers, which is the default, and those on DELETE: a REPLACE may fire them.
bool others_before(const UserSchema& schema, const std::string& table) {
  const auto theirs = schema.theirs.find(table);
  if (theirs == schema.theirs.end()) return false;
  return std::ranges::any_of(theirs->second, [](const SchemaTrigger* trigger) {
    bool after = false;
    for (const auto token : sql_tokens(trigger->sql)) {
      if (same_name(token, "DELETE")) return true;
      if (same_name(token, "AFTER")) after = true;
      if (same_name(token, "ON")) break;
    }
    return !after;
  });
}

std::string visible_rowid(const TableInfo& table) {
  for (const char* name : {"rowid", "_rowid_", "oid"}) {
    const auto hides = [&](const TableColumn& column) { return same_name(column.name, name); };
    if (std::ranges::none_of(table.columns, hides)) return name;
  }
  return {};
}

struct Facts {
  bool without_rowid = false;
  bool nulls = false;
};

/// Decides what the key is.
void choose_key(const Declared& declared, Facts facts, const std::optional<UniqueRule>& key_index,
                TableInfo& table) {
  for (const auto& [place, column] : declared.key) table.key.push_back(column);
  table.integer_key = !facts.without_rowid && !key_index && table.key.size() == 1;
  table.nullable_key = !facts.without_rowid && !table.integer_key && declared.nullable;
  if (table.integer_key) table.collations = {"BINARY"};
  if (key_index) {
    for (const auto& term : key_index->terms) table.collations.push_back(term.collation);
  }
  table.collations.resize(table.key.size(), "BINARY");
  if (table.key.empty() || (table.nullable_key && facts.nulls)) {
    table.by_rowid = true;
    table.nullable_key = false;
    table.key.clear();
    table.collations.clear();
  }
}

std::string why_not(const TableInfo& table, std::size_t most_columns) {
  if (!valid_utf8(table.name)) return "its name is not UTF-8";
  for (const auto& column : table.columns) {
    if (!valid_utf8(column.name)) return "the name of a column is not UTF-8";
  }
  if (table.by_rowid && table.rowid.empty()) {
    return "it has no key, and its columns hide all names of the rowid";
  }
  const bool by_name = std::ranges::any_of(table.rules, [](const UniqueRule& rule) {
    return !rule.where.empty();  // which may have the table's name
  });
  if (by_name && (same_name(table.name, "new") || same_name(table.name, "old"))) {
    return "it has a partial unique index, and its name means something else in a trigger";
  }
  if (table.width() > most_columns) {
    return "it has " + std::to_string(table.columns.size()) + " columns; the log has space for " +
           std::to_string(most_columns);
  }
  return {};
}

}  // namespace

bool UniqueRule::plain() const {
  return where.empty() &&
         std::ranges::none_of(terms, [](const Term& t) { return t.column.empty(); });
}

std::vector<std::string> TableInfo::column_names() const {
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const auto& column : columns) names.push_back(column.name);
  return names;
}

std::vector<std::string> TableInfo::key_names() const {
  if (by_rowid) return {"rowid"};
  std::vector<std::string> names;
  names.reserve(key.size());
  for (const auto column : key) names.push_back(columns[column].name);
  return names;
}

std::string TableInfo::collate(const std::string& column, const std::string& collation) const {
  const auto at = std::ranges::find(columns, column, &TableColumn::name);
  if (at != columns.end() && same_name(at->collation, collation)) return {};
  return " COLLATE " + quote_name(collation);
}

Result<Inspection> inspect_table(Database& database, const UserSchema& schema,
                                 const std::string& name, bool nulls) {
  Inspection found;
  found.table.name = name;
  const Candidate* listed = schema.table(name);
  if (listed == nullptr || !listed->why_not.empty()) {
    found.why_not = listed == nullptr ? "it does not exist" : listed->why_not;
    return found;
  }
  found.table.definition = listed->definition;
  auto declared = read_columns(database, found.table);
  if (!declared) return failed(declared);
  auto key_index = read_unique_rules(database, schema, found);
  if (!key_index) return failed(key_index);
  if (!listed->without_rowid) found.table.rowid = visible_rowid(found.table);
  choose_key(*declared, {listed->without_rowid, nulls}, *key_index, found.table);
  found.table.autoincrement = has_word(listed->definition, "AUTOINCREMENT");
  found.table.others_before = others_before(schema, name);
  auto unreadable = why_not_readable(database, found.table);
  if (!unreadable) return failed(unreadable);
  if (!unreadable->empty()) found.why_not = "it cannot be read here: " + *unreadable;
  if (found.why_not.empty()) found.why_not = why_not(found.table, most_values(database));
  if (found.why_not.empty()) found.why_not = RuleSql(found.table).why_not_foreseen();
  return found;
}

Result<bool> key_holds_nulls(Database& database, const TableInfo& table) {
  std::string null;
  for (const auto& name : table.key_names()) {
    null.append(null.empty() ? "" : " OR ").append(quote_name(name)).append(" IS NULL");
  }
  const std::string from = " FROM main." + quote_name(table.name);
  if (table.key.size() == 1 || table.rowid.empty()) {
    auto found = database.integer("SELECT EXISTS(SELECT 1" + from + " WHERE " + null + ")");
    if (!found) return failed(found);
    return *found != 0;
  }
  auto piece = database.prepare("SELECT max(r), max(n) FROM (SELECT " + table.rowid + " AS r, (" +
                                null + ") AS n" + from + " WHERE " + table.rowid +
                                " > ?1 ORDER BY r LIMIT " + std::to_string(rows_per_piece) + ")");
  if (!piece) return failed(piece);
  for (std::int64_t after = INT64_MIN;;) {
    piece->bind(0, after);
    auto row = piece->step();
    if (!row) return failed(row);
    const bool end = piece->is_null(0);
    const bool found = piece->integer(1) != 0;
    after = piece->integer(0);
    piece->reset();
    if (end || found) return found;
  }
}

}  // namespace headwater::sqlite

#include "src/sources/sqlite/capture/table_info.h"

#include <algorithm>
#include <ranges>

#include "src/sources/sqlite/capture/index_text.h"
#include "src/sources/sqlite/capture/readable.h"
#include "src/sources/sqlite/capture/rows.h"
#include "src/sources/sqlite/capture/trigger_sql.h"

namespace headwater::sqlite {
namespace {

bool valid_utf8(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned lead = at(i);
    const std::size_t length = lead < 0x80                    ? 1
                               : lead >= 0xc2 && lead <= 0xdf ? 2
                               : lead >= 0xe0 && lead <= 0xef ? 3
                               : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                              : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if ((at(i + k) & 0xc0U) != 0x80) return false;
    }
    if (length == 3 && ((lead == 0xe0 && at(i + 1) < 0xa0) || (lead == 0xed && at(i + 1) > 0x9f))) {
      return false;
    }
    if (length == 4 && ((lead == 0xf0 && at(i + 1) < 0x90) || (lead == 0xf4 && at(i + 1) > 0x8f))) {
      return false;
    }
    i += length;
  }
  return true;
}

/// Columns, and the declared key's columns with its places in it.
struct Declared {
  std::vector<std::pair<std::int64_t, std::size_t>> key;  // place in the key, column
  bool nullable = false;
};

void leave_out(TableInfo& table, Declared& declared, const std::string& column,
               const std::string& why) {
  table.left_out.push_back(column + " (" + why + ")");
  const auto at = std::ranges::find(table.columns, column, &TableColumn::name);
  const auto place = static_cast<std::size_t>(at - table.columns.begin());
  table.columns.erase(at);
  for (auto& [order, key] : declared.key) key -= key > place ? 1U : 0U;
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
    table.columns.push_back({.name = text_at(row, 0), .generated = row.integer(2) >= 2});
  });
  if (!done) return failed(done);
  for (const auto& name : computed) {
    auto why = why_not_computed(database, table.name, name);
    if (!why) return failed(why);
    if (!why->empty()) leave_out(table, declared, name, *why);
  }
  std::ranges::sort(declared.key);
  return declared;
}

Result<UniqueRule> read_rule(Database& database, const std::string& index) {
  UniqueRule rule;
  auto rows = database.prepare(
      "SELECT cid, name, coll FROM pragma_index_xinfo(?1, 'main') WHERE key ORDER BY seqno");
  if (!rows) return failed(rows);
  rows->bind_text(0, index);
  auto done = for_each_row(*rows, [&](const Statement& row) {
    rule.terms.push_back(
        {.column = text_at(row, 1), .expression = {}, .collation = text_at(row, 2)});
  });
  if (!done) return failed(done);
  return rule;
}

/// What PRAGMAs do not tell of expressions and partial indexes. False: not understood.
Result<bool> read_text(Database& database, const std::string& index, UniqueRule& rule) {
  auto sql =
      database.prepare("SELECT sql FROM main.sqlite_schema WHERE type = 'index' AND name = ?1");
  if (!sql) return failed(sql);
  sql->bind_text(0, index);
  auto row = sql->step();
  if (!row) return failed(row);
  const auto text = *row ? parse_index(sql->bytes(0)) : std::nullopt;
  if (!text || text->terms.size() != rule.terms.size()) return false;
  for (std::size_t i = 0; i < rule.terms.size(); ++i) {
    if (rule.terms[i].column.empty()) rule.terms[i].expression = text->terms[i];
  }
  rule.where = text->where;
  return true;
}

struct IndexRow {
  std::string name;
  bool is_key = false;
  bool partial = false;
};

Result<std::vector<IndexRow>> unique_indexes(Database& database, const std::string& table) {
  std::vector<IndexRow> indexes;
  auto rows = database.prepare(
      "SELECT name, origin, partial FROM pragma_index_list(?1, 'main') WHERE \"unique\" "
      "ORDER BY name");
  if (!rows) return failed(rows);
  rows->bind_text(0, table);
  auto done = for_each_row(*rows, [&](const Statement& row) {
    indexes.push_back({text_at(row, 0), row.bytes(1) == "pk", row.integer(2) != 0});
  });
  if (!done) return failed(done);
  return indexes;
}

/// The rules, and the index of the declared key if it has one of its own.
Result<std::optional<UniqueRule>> read_rules(Database& database, Inspection& found) {
  std::optional<UniqueRule> key;
  auto indexes = unique_indexes(database, found.table.name);
  if (!indexes) return failed(indexes);
  for (const auto& index : *indexes) {
    auto rule = read_rule(database, index.name);
    if (!rule) return failed(rule);
    if (index.partial || !rule->plain()) {
      auto understood = read_text(database, index.name, *rule);
      if (!understood) return failed(understood);
      if (!*understood) found.why_not = "its index " + index.name + " is not understood";
    }
    if (index.is_key) key = *rule;
    found.table.rules.push_back(std::move(*rule));
  }
  return key;
}

std::string visible_rowid(const TableInfo& table) {
  for (const char* name : {"rowid", "_rowid_", "oid"}) {
    const auto hides = [&](const TableColumn& column) { return same_name(column.name, name); };
    if (std::ranges::none_of(table.columns, hides)) return name;
  }
  return {};
}

Result<bool> key_holds_nulls(Database& database, const TableInfo& table) {
  std::string condition;
  for (const auto& name : table.key_names()) {
    condition.append(condition.empty() ? "" : " OR ").append(quote_name(name)).append(" IS NULL");
  }
  auto found = database.integer("SELECT EXISTS(SELECT 1 FROM main." + quote_name(table.name) +
                                " WHERE " + condition + ")");
  if (!found) return failed(found);
  return *found != 0;
}

struct Facts {
  bool without_rowid = false;
  bool keep_rowid = false;
};

/// Decides what the key is.
Result<void> choose_key(Database& database, const Declared& declared, Facts facts,
                        const std::optional<UniqueRule>& key_index, TableInfo& table) {
  for (const auto& [place, column] : declared.key) table.key.push_back(column);
  table.integer_key = !facts.without_rowid && !key_index && table.key.size() == 1;
  table.nullable_key = !facts.without_rowid && !table.integer_key && declared.nullable;
  if (table.integer_key) table.collations = {"BINARY"};
  if (key_index) {
    for (const auto& term : key_index->terms) table.collations.push_back(term.collation);
  }
  table.collations.resize(table.key.size(), "BINARY");
  bool nulls = table.nullable_key && facts.keep_rowid;
  if (table.nullable_key && !table.key.empty() && !nulls) {
    auto found = key_holds_nulls(database, table);
    if (!found) return failed(found);
    nulls = *found;
  }
  if (table.key.empty() || nulls) {
    table.by_rowid = true;
    table.nullable_key = false;
    table.key.clear();
    table.collations.clear();
  }
  return {};
}

std::string why_not(const TableInfo& table, std::size_t most_columns) {
  if (!valid_utf8(table.name)) return "its name is not UTF-8";
  for (const auto& column : table.columns) {
    if (!valid_utf8(column.name)) return "the name of a column is not UTF-8";
  }
  if (table.by_rowid && table.rowid.empty()) {
    return "it has no key, and its columns hide all names of the rowid";
  }
  if (table.width() > most_columns) {
    return "it has " + std::to_string(table.columns.size()) + " columns; the log has room for " +
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

Result<std::vector<Candidate>> list_tables(Database& database) {
  std::vector<Candidate> tables;
  auto rows = database.prepare(
      "SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND type <> 'shadow' "
      "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_headwater\\_%' ESCAPE '\\' "
      "ORDER BY name");
  if (!rows) return failed(rows);
  auto done = for_each_row(*rows, [&](const Statement& row) {
    const std::string type = text_at(row, 1);
    std::string reason;
    if (type == "virtual") reason = "it is a virtual table, and SQLite has no triggers on those";
    if (type == "view") reason = "it is a view; capture the tables behind it";
    if (reason.empty() && !valid_utf8(row.bytes(0))) reason = "its name is not UTF-8";
    tables.push_back({text_at(row, 0), std::move(reason)});
  });
  if (!done) return failed(done);
  return tables;
}

Result<Inspection> inspect(Database& database, const std::string& name, bool keep_rowid) {
  Inspection found;
  found.table.name = name;
  auto kind = database.prepare(
      "SELECT l.wr, (SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = l.name) "
      "FROM pragma_table_list l WHERE l.schema = 'main' AND l.name = ?1");
  if (!kind) return failed(kind);
  kind->bind_text(0, name);
  auto row = kind->step();
  if (!row) return failed(row);
  const bool without_rowid = *row && kind->integer(0) != 0;
  if (*row) found.table.definition = text_at(*kind, 1);
  kind->reset();

  auto declared = read_columns(database, found.table);
  if (!declared) return failed(declared);
  auto key_index = read_rules(database, found);
  if (!key_index) return failed(key_index);
  if (!without_rowid) found.table.rowid = visible_rowid(found.table);
  auto chosen =
      choose_key(database, *declared, {without_rowid, keep_rowid}, *key_index, found.table);
  if (!chosen) return failed(chosen);
  auto unreadable = why_not_readable(database, found.table);
  if (!unreadable) return failed(unreadable);
  if (!unreadable->empty()) found.why_not = "it cannot be read here: " + *unreadable;
  if (found.why_not.empty()) found.why_not = why_not(found.table, most_values(database));
  return found;
}

}  // namespace headwater::sqlite

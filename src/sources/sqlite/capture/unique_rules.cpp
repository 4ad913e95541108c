#include "src/sources/sqlite/capture/unique_rules.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/sources/sqlite/capture/index_text.h"
#include "src/sources/sqlite/capture/readable.h"
#include "src/sources/sqlite/capture/rows.h"

namespace headwater::sqlite {
namespace {

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

/// Lets SQLite confirm that the rule matches the index: an index on expressions only answers a
/// query with the same expressions, and a partial index only a query whose condition implies its
/// own.
Result<bool> index_agrees(Database& database, const TableInfo& table, const std::string& index,
                          const UniqueRule& rule) {
  std::string sql = "EXPLAIN QUERY PLAN SELECT 1 FROM main." + quote_name(table.name) +
                    " INDEXED BY " + quote_name(index) + " WHERE ";
  std::string used;
  for (const auto& term : rule.terms) {
    const bool column = !term.column.empty();
    sql.append(used.empty() ? "" : " AND ");
    sql.append(column ? quote_name(term.column) : "(" + term.expression + "\n)");
    sql.append(" COLLATE ").append(quote_name(term.collation)).append(" = ?");
    used.append(used.empty() ? "" : " AND ").append(column ? term.column : "<expr>").append("=?");
  }
  if (!rule.where.empty()) sql.append(" AND (").append(rule.where).append("\n)");
  auto plan = database.prepare(sql);
  // A function or collation that only the application has: this cannot be checked.
  if (!plan) return about_what_is_not_here(words_of(database, plan.error()));
  auto row = plan->step();
  if (!row) return failed(row);
  const std::string detail = *row ? text_at(*plan, 3) : std::string();
  plan->reset();
  // The condition may also constrain the rowid, after the terms.
  const auto at = detail.find("(" + used);
  if (at == std::string::npos) return false;
  const std::string_view rest = std::string_view(detail).substr(at + 1 + used.size());
  return rest.starts_with(")") || rest.starts_with(" AND ");
}

/// The names that double quotes may refer to; in the condition of a partial index also the rowid.
std::vector<std::string> names_in(const TableInfo& table, bool rowid) {
  std::vector<std::string> names = table.column_names();
  for (const auto& column : table.left_out) names.push_back(column.name);
  if (rowid) names.insert(names.end(), {"rowid", "_rowid_", "oid"});
  return names;
}

/// Reads what PRAGMAs do not report about expressions and partial indexes. Returns false if the
/// text is not understood.
Result<bool> read_text(Database& database, const UserSchema& schema, const TableInfo& table,
                       const std::string& index, UniqueRule& rule) {
  const auto sql = schema.indexes.find(index);
  if (sql == schema.indexes.end()) return false;
  const auto text = parse_index(sql->second);
  if (!text || text->terms.size() != rule.terms.size()) return false;
  for (std::size_t i = 0; i < rule.terms.size(); ++i) {
    if (!rule.terms[i].column.empty()) continue;
    rule.terms[i].expression = with_plain_texts(text->terms[i], names_in(table, false));
  }
  rule.where =
      with_plain_texts(text->where, names_in(table, !schema.table(table.name)->without_rowid));
  return index_agrees(database, table, index, rule);
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

}  // namespace

Result<std::optional<UniqueRule>> read_unique_rules(Database& database, const UserSchema& schema,
                                                    Inspection& found) {
  std::optional<UniqueRule> key;
  auto indexes = unique_indexes(database, found.table.name);
  if (!indexes) return failed(indexes);
  for (const auto& index : *indexes) {
    auto rule = read_rule(database, index.name);
    if (!rule) return failed(rule);
    if (index.partial || !rule->plain()) {
      auto understood = read_text(database, schema, found.table, index.name, *rule);
      if (!understood) return failed(understood);
      if (!*understood)
        found.why_not = "the text of its index " + index.name + " is not understood";
    }
    if (index.is_key) key = *rule;
    found.table.rules.push_back(std::move(*rule));
  }
  return key;
}

}  // namespace headwater::sqlite

#include "src/sources/postgresql/tables.h"

#include <algorithm>
#include <utility>

#include "src/base/nearest.h"
#include "src/base/number_in.h"
#include "src/event/event_type.h"

namespace headwater::postgresql {
namespace {

// A partition is published with the table that it is a part of, and then has to have an identity
// itself.
constexpr const char* tables_query =
    "SELECT n.nspname, c.relname, "
    "EXISTS (SELECT FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid "
    "WHERE p.pubname = $1 AND r.prrelid = c.oid), "
    "EXISTS (SELECT FROM pg_publication_tables t WHERE t.pubname = $1 "
    "AND t.schemaname = n.nspname AND t.tablename = c.relname), "
    "(SELECT min(quote_ident(ln.nspname) || '.' || quote_ident(l.relname)) "
    "FROM (SELECT c.oid WHERE c.relkind = 'r' "
    "UNION SELECT relid FROM pg_partition_tree(c.oid) WHERE isleaf) parts "
    "JOIN pg_class l ON l.oid = parts.oid JOIN pg_namespace ln ON ln.oid = l.relnamespace "
    "WHERE NOT CASE l.relreplident WHEN 'f' THEN true WHEN 'n' THEN false "
    "WHEN 'i' THEN EXISTS (SELECT FROM pg_index i WHERE i.indrelid = l.oid AND i.indisreplident) "
    "ELSE EXISTS (SELECT FROM pg_index i WHERE i.indrelid = l.oid AND i.indisprimary) END), "
    "(SELECT string_agg(attname, ', ') FROM pg_attribute WHERE attrelid = c.oid "
    "AND attgenerated <> '' AND NOT attisdropped), "
    // Who may read some columns may read those of a column list.
    "pg_has_role(c.relowner, 'USAGE'), has_schema_privilege(n.oid, 'USAGE'), "
    "has_any_column_privilege(c.oid, 'SELECT') "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND NOT c.relispartition "
    "AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%' "
    "ORDER BY n.nspname, c.relname";

/// "orders" is of the schema public.
std::string with_schema(const std::string& word) {
  return word.find('.') == std::string::npos ? "public." + word : word;
}

bool matches(const std::string& word, const std::string& schema, const Table& table) {
  const std::string whole = with_schema(word);
  return whole == table.words || whole == schema + ".*";
}

Error no_such_table(const std::string& word, const std::vector<Table>& all) {
  std::vector<std::string> names;
  names.reserve(all.size());
  for (const Table& table : all) names.push_back(table.words);
  return {.remedy = Remedy::stop,
          .origin = Origin::source,
          .name = "source.no_such_table",
          .message = "there is no table " + with_schema(word) +
                     suggestion(with_schema(word), names, "tables"),
          .next =
              "correct `tables`, or create the table first; one that is temporary or unlogged "
              "cannot be published"};
}

}  // namespace

Result<std::vector<Table>> configured_tables(Server& server) {
  const SourceOptions& options = server.options();
  auto found = server.ask(tables_query, {options.publication_name()});
  if (!found) return failed(found);
  std::vector<Table> all;
  std::vector<Table> chosen;
  std::vector<bool> used(options.tables ? options.tables->size() : 0);
  for (int row = 0; row < found->rows(); ++row) {
    const std::string schema = found->text(row, 0);
    Table table{.schema = quote_name(schema),
                .name = quote_name(schema) + "." + quote_name(found->view(row, 1)),
                .words = table_words(schema, found->view(row, 1)),
                .published = found->flag(row, options.own_publication() ? 2 : 3),
                .no_identity = found->text(row, 4),
                .generated = found->text(row, 5),
                .owned = found->flag(row, 6),
                .in_open_schema = found->flag(row, 7),
                .readable = found->flag(row, 8)};
    bool wanted = options.own_publication() ? !options.tables : table.published;
    for (std::size_t i = 0; i < used.size(); ++i) {
      if (!matches((*options.tables)[i], schema, table)) continue;
      wanted = true;
      used[i] = true;
    }
    all.push_back(table);
    if (wanted) chosen.push_back(std::move(table));
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    const std::string& word = (*options.tables)[i];
    // A schema may be empty yet.
    if (!used[i] && !word.ends_with(".*")) return fail(no_such_table(word, all));
  }
  return chosen;
}

}  // namespace headwater::postgresql

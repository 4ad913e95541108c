#include "src/sources/postgresql/tables.h"

#include <algorithm>
#include <utility>

#include "src/base/nearest.h"
#include "src/base/number_in.h"
#include "src/event/event_type.h"

namespace headwater::postgresql {
namespace {

// A partition is published with the table that it is a part of, and then has to have an identity
// itself. A primary key that is deferrable identifies nothing. A snapshot reads the tables whose
// names its rows come under; it locks them, for which a right to some columns is too little.
constexpr const char* tables_query =
    "SELECT n.nspname, c.relname, "
    "EXISTS (SELECT FROM pg_publication_rel r WHERE r.prpubid = p.oid AND r.prrelid = c.oid), "
    "t.tablename IS NOT NULL, bad.name, "
    "(SELECT string_agg(attname, ', ') FROM pg_attribute WHERE attrelid = c.oid "
    "AND attgenerated <> '' AND NOT attisdropped), "
    "pg_has_role(c.relowner, 'USAGE'), has_schema_privilege(n.oid, 'USAGE'), "
    "read.unreadable, "
    "'ALTER TABLE ' || bad.name || CASE "
    "WHEN bad.usable THEN ' REPLICA IDENTITY DEFAULT' "
    "WHEN bad.usable IS NULL THEN ' ADD PRIMARY KEY (...)' "
    "ELSE ' REPLICA IDENTITY FULL' END || CASE WHEN bad.usable IS DISTINCT FROM false "
    "THEN '; or ALTER TABLE ' || bad.name || ' REPLICA IDENTITY FULL' ELSE '' END, "
    "read.veiled FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "LEFT JOIN pg_publication p ON p.pubname = $1 "
    "LEFT JOIN pg_publication_tables t ON t.pubname = $1 "
    "AND t.schemaname = n.nspname AND t.tablename = c.relname "
    "LEFT JOIN LATERAL (SELECT string_agg(format('%I.%I', ln.nspname, l.relname), ', ' "
    "ORDER BY l.oid) FILTER (WHERE NOT has_table_privilege(l.oid, 'SELECT')) AS unreadable, "
    "bool_or(row_security_active(l.oid)) AS veiled "
    "FROM (SELECT c.oid WHERE c.relkind = 'r' OR coalesce($2::bool, true) "
    "UNION SELECT relid FROM pg_partition_tree(c.oid) WHERE isleaf AND NOT $2::bool) parts "
    "JOIN pg_class l ON l.oid = parts.oid JOIN pg_namespace ln ON ln.oid = l.relnamespace"
    ") read ON true "
    "LEFT JOIN LATERAL (SELECT format('%I.%I', ln.nspname, l.relname) AS name, k.usable "
    "FROM (SELECT c.oid WHERE c.relkind = 'r' "
    "UNION SELECT relid FROM pg_partition_tree(c.oid) WHERE isleaf) parts "
    "JOIN pg_class l ON l.oid = parts.oid JOIN pg_namespace ln ON ln.oid = l.relnamespace "
    "LEFT JOIN LATERAL (SELECT i.indisvalid AND i.indimmediate AS usable FROM pg_index i "
    "WHERE i.indrelid = l.oid AND i.indisprimary) k ON true "
    "WHERE NOT CASE l.relreplident WHEN 'f' THEN true WHEN 'n' THEN false "
    "WHEN 'i' THEN EXISTS (SELECT FROM pg_index i WHERE i.indrelid = l.oid AND i.indisreplident) "
    "ELSE coalesce(k.usable, false) END ORDER BY 1 LIMIT 1) bad ON true "
    "WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' "
    "AND (NOT c.relispartition OR ($2::bool IS NULL AND t.tablename IS NOT NULL)) "
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
  Parameters parameters{options.publication_name(), std::nullopt};
  // Somebody else's has the names that its rows come under, also those of partitions.
  if (options.own_publication()) parameters[1] = options.partitions_as_root ? "true" : "false";
  auto found = server.ask(tables_query, parameters);
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
                .identity_statement = found->text(row, 9),
                .generated = found->text(row, 5),
                .owned = found->flag(row, 6),
                .in_open_schema = found->flag(row, 7),
                .unreadable = found->text(row, 8),
                .veiled = found->flag(row, 10)};
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

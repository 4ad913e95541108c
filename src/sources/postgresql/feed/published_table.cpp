#include "src/sources/postgresql/feed/published_table.h"

#include <xxhash.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "src/base/number_in.h"
#include "src/event/encoding.h"

namespace headwater::postgresql {
namespace {

// PostgreSQL 14 has neither column lists nor row filters.
constexpr const char* describe_query =
    "SELECT a.attname, format_type(a.atttypid, -1), "
    "array_position((i.indkey::int2[])[0:i.indnkeyatts - 1], a.attnum), "
    "c.relkind, c.relreplident, to_jsonb(p) ->> 'rowfilter', "
    "t.typnamespace = 'pg_catalog'::regnamespace OR t.typtype = 'e' "
    "OR (t.typtype = 'd' AND t.typbasetype < 16384), "
    "o.collnamespace::regnamespace || '.' || quote_ident(o.collname), "
    // An index may have another order than its column.
    "a.attcollation = (i.indcollation::oid[])"
    "[array_position((i.indkey::int2[])[0:i.indnkeyatts - 1], a.attnum) - 1], "
    "(SELECT string_agg(enumlabel, '/' ORDER BY enumsortorder) FROM pg_enum "
    "WHERE enumtypid = t.oid), pg_relation_filenode(c.oid) "
    "FROM pg_publication_tables p "
    "JOIN pg_namespace n ON n.nspname = p.schemaname "
    "JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename "
    "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
    "AND a.attgenerated = '' "
    "AND coalesce(to_jsonb(p) -> 'attnames' @> to_jsonb(a.attname), true) "
    "JOIN pg_type t ON t.oid = a.atttypid "
    "LEFT JOIN pg_collation o ON o.oid = a.attcollation "
    "LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisvalid AND "
    "CASE c.relreplident WHEN 'i' THEN i.indisreplident ELSE i.indisprimary END "
    "WHERE p.pubname = $1 AND p.schemaname = $2 AND p.tablename = $3 ORDER BY a.attnum";

// A key that is empty would be no key. Nothing else is encoded as this.
constexpr std::string_view empty_part = "%";

std::string list_of(const PublishedTable& table, const std::vector<std::size_t>& columns) {
  std::string list;
  for (const std::size_t i : columns) {
    if (!list.empty()) list += ", ";
    list += quote_name((*table.shape.columns)[i]);
  }
  return list;
}

/// Rows after the key `after`.
std::string condition_after(const PublishedTable& table, const std::string& after) {
  if (table.order.empty()) {
    return "ctid > " + quote_text(after.empty() ? "(0,0)" : after) + "::tid";
  }
  return "(" + list_of(table, table.order) + ") > " + row_of_key(table, after);
}

Error no_order(const std::string& table) {
  return {.remedy = Remedy::stop,
          .origin = Origin::source,
          .name = "source.no_snapshot",
          .message = "the rows of " + table +
                     " cannot be read in pieces: it is partitioned and has "
                     "no primary key of built-in types",
          .next = "set `partitions_as_root: false`, or `snapshot: never`"};
}

}  // namespace

std::string row_of_key(const PublishedTable& table, const std::string& key) {
  std::string values;
  const auto parts = key_parts(key);
  for (std::size_t i = 0; i < table.order.size(); ++i) {
    if (!values.empty()) values += ", ";
    const std::size_t column = table.order[i];
    values += quote_text(i < parts.size() ? parts[i] : "") + "::" + table.types[column] +
              table.collations[column];
  }
  return "(" + values + ")";
}

std::string place_of(const PublishedTable& table, std::string_view key) {
  return table.order_mark + ":" + std::string(key);
}

std::optional<std::string> key_at(const PublishedTable& table, std::string_view place) {
  if (!place.starts_with(table.order_mark + ":")) return std::nullopt;
  return std::string(place.substr(table.order_mark.size() + 1));
}

void append_key_part(std::string& key, bool first, std::string_view text) {
  if (!first) key += '/';
  if (text.empty()) key += empty_part;
  append_percent_encoded(key, text);
}

std::vector<std::string> key_parts(std::string_view key) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t end = std::min(key.find('/'), key.size());
    const std::string_view part = key.substr(0, end);
    parts.push_back(part == empty_part ? std::string() : with_percents_decoded(part));
    if (end == key.size()) return parts;
    key.remove_prefix(end + 1);
  }
}

std::string query_for(const PublishedTable& table, const std::string& after,
                      const std::string& filter) {
  std::string query = "SELECT ";
  for (const std::string& column : *table.shape.columns) query += quote_name(column) + ", ";
  query += table.order.empty() ? "ctid" : "NULL";
  query += " FROM " + table.name;
  std::string conditions;
  const auto add = [&](const std::string& condition) {
    conditions += (conditions.empty() ? " WHERE (" : " AND (") + condition + ")";
  };
  if (!after.empty() || table.order.empty()) add(condition_after(table, after));
  if (!table.filter.empty()) add(table.filter);
  if (!filter.empty()) add(filter);
  query += conditions;
  // A scan goes along the file by itself; to sort would read all of it for each piece.
  if (!table.order.empty()) query += " ORDER BY " + list_of(table, table.order);
  return query;
}

Result<std::optional<PublishedTable>> describe(Server& server, const sources::TableName& name,
                                               const std::stop_token& stop) {
  auto found =
      server.ask_again("describe_table", describe_query,
                       {server.options().publication_name(), name.schema, name.table}, stop);
  if (!found) return failed(found);
  if (found->rows() == 0) return std::optional<PublishedTable>();
  PublishedTable table;
  table.shape.schema = name.schema;
  table.shape.table = name.table;
  const bool partitioned = found->view(0, 3) == "p";
  table.name =
      (partitioned ? "" : "ONLY ") + quote_name(name.schema) + "." + quote_name(name.table);
  table.filter = found->text(0, 5);
  std::vector<std::string> columns;
  std::vector<std::pair<std::uint64_t, std::size_t>> key;
  bool comparable = true;
  std::string order;
  for (int row = 0; row < found->rows(); ++row) {
    columns.push_back(found->text(row, 0));
    table.types.push_back(found->text(row, 1));
    table.collations.push_back(found->is_null(row, 7) ? "" : " COLLATE " + found->text(row, 7));
    const auto index = static_cast<std::size_t>(row);
    if (found->is_null(row, 2)) continue;
    key.emplace_back(number_in(found->view(row, 2)), index);
    comparable = comparable && found->flag(row, 6) && found->flag(row, 8);
    for (const int word : {0, 1, 2, 7, 9}) order += found->text(row, word) + '\n';
  }
  table.has_key = !key.empty();
  // A whole row is its own key where there is no other.
  const bool all = key.empty() && found->view(0, 4) == "f";
  std::vector<std::string> key_columns;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const bool in_key =
        std::ranges::any_of(key, [i](const auto& each) { return each.second == i; });
    if (!in_key && !all) continue;
    table.shape.key.push_back(i);
    key_columns.push_back(columns[i]);
  }
  // The operators of an extension's types may be in any schema.
  std::ranges::sort(key);
  for (const auto& [place, column] : key) {
    if (comparable) table.order.push_back(column);
  }
  if (partitioned && table.order.empty()) return fail(no_order(table.name));
  if (table.order.empty()) order = "file " + found->text(0, 10);
  append_hex(table.order_mark, XXH3_64bits(order.data(), order.size()));
  table.shape.columns = std::make_shared<const std::vector<std::string>>(std::move(columns));
  table.shape.key_columns =
      std::make_shared<const std::vector<std::string>>(std::move(key_columns));
  return std::optional(std::move(table));
}

}  // namespace headwater::postgresql

#include "src/sources/sqlite/capture/readable.h"

namespace headwater::sqlite {
namespace {

/// SQLite's message about what is missing; empty: nothing is. Reads no rows.
Result<std::string> what_is_missing(Database& database, const std::string& query) {
  auto prepared = database.prepare(query);
  if (prepared) return std::string();
  if (prepared.error().remedy == Remedy::retry) return failed(prepared);
  return words_of(database, prepared.error());
}

}  // namespace

std::string words_of(const Database& database, const Error& error) {
  const std::string prefix = database.path() + ": ";
  return error.message.starts_with(prefix) ? error.message.substr(prefix.size()) : error.message;
}

bool about_what_is_not_here(std::string_view words) {
  return words.starts_with("no such function: ") ||
         words.starts_with("no such collation sequence: ");
}

Result<std::string> why_not_computed(Database& database, const std::string& table,
                                     const std::string& column) {
  return what_is_missing(database,
                         "SELECT " + quote_name(column) + " FROM main." + quote_name(table));
}

Result<std::string> why_not_readable(Database& database, const TableInfo& table) {
  std::string columns;
  for (const auto& column : table.columns) {
    columns.append(columns.empty() ? "" : ", ").append(quote_name(column.name));
  }
  if (columns.empty()) return std::string("none of its columns can be computed");
  auto why = what_is_missing(
      database, "SELECT " + columns + " FROM main." + quote_name(table.name) + " NOT INDEXED");
  if (!why || why->empty()) return why;
  // For a table in the order of its key, SQLite only reports that there is no query plan.
  for (const auto& collation : table.collations) {
    auto known = knows_collation(database, collation);
    if (!known) return failed(known);
    if (!*known) {
      return "its rows are in the order of the collation " + collation +
             ", which only its own program has; use one of SQLite's own (BINARY, NOCASE, RTRIM), "
             "or drop WITHOUT ROWID";
    }
  }
  return why;
}

Result<bool> knows_collation(Database& database, const std::string& collation) {
  auto missing = what_is_missing(database, "SELECT '' COLLATE " + quote_name(collation) + " < ''");
  if (!missing) return failed(missing);
  return missing->empty();
}

std::string left_out_words(const TableInfo& table) {
  std::string words;
  for (const auto& column : table.left_out) {
    words.append(words.empty() ? ", without its column " : ", ");
    words.append(column.name).append(" (").append(column.why).append(")");
  }
  return words;
}

}  // namespace headwater::sqlite

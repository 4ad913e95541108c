#include "src/targets/postgresql/database.h"

#include "src/base/number_in.h"
#include "src/targets/postgresql/table.h"

namespace headwater::target_postgresql {
namespace {

constexpr const char* catalog =
    "CREATE TABLE IF NOT EXISTS headwater_places("
    "name text PRIMARY KEY, stream text NOT NULL, sequence numeric(20) NOT NULL,"
    "event text NOT NULL, options text NOT NULL, generation bigint NOT NULL, version integer NOT "
    "NULL);"
    "CREATE TABLE IF NOT EXISTS headwater_tables("
    "\"table\" text PRIMARY KEY, copy text NOT NULL, name text NOT NULL, source text NOT NULL,"
    "database text NOT NULL, made boolean NOT NULL)";
// Two that make the catalog at once would fail.
constexpr const char* lock_catalog = "SELECT pg_advisory_xact_lock(7166183)";

}  // namespace

Result<std::unique_ptr<targets::SqlDatabase>> Database::open(const std::string& uri,
                                                             const std::string& schema) {
  auto database = std::unique_ptr<Database>(new Database(uri, schema));
  auto connected = database->connection_.connect();
  if (!connected) return failed(connected);
  auto made = database->connection_.execute(std::string("BEGIN; ") + lock_catalog + "; " + catalog +
                                            "; COMMIT");
  if (!made) return failed(made);
  return std::unique_ptr<targets::SqlDatabase>(std::move(database));
}

Result<void> Database::transaction(const std::string& copy,
                                   const std::function<Result<void>()>& body) {
  auto connected = connection_.connect();
  if (!connected) return failed(connected);
  // The lock orders all that write this copy, also before its place has a row.
  auto done = connection_.execute("BEGIN; SELECT pg_advisory_xact_lock(7166183, hashtext(" +
                                  quote_text(copy) + "))");
  if (done) done = body();
  if (done) done = connection_.execute("COMMIT");
  if (!done) connection_.roll_back();
  return done;
}

Result<void> Database::run(const std::string& statement, const Parameters& parameters) {
  auto answer = connection_.ask(statement, parameters);
  if (!answer) return failed(answer);
  return {};
}

Result<bool> Database::ask_whether(const std::string& condition, const Parameters& parameters) {
  auto answer = connection_.ask("SELECT " + condition, parameters);
  if (!answer) return failed(answer);
  return answer->rows() > 0 && answer->text(0, 0) == "t";
}

Result<CopyPlace> Database::place(const std::string& copy) {
  auto connected = connection_.connect();
  if (!connected) return failed(connected);
  auto answer = connection_.ask(
      "SELECT stream, sequence, event, options, generation FROM headwater_places WHERE name = $1",
      {copy});
  if (!answer) return failed(answer);
  CopyPlace place;
  if (answer->rows() == 0) return place;
  place.stream = answer->text(0, 0);
  place.sequence = number_in(answer->text(0, 1));
  place.event = answer->text(0, 2);
  place.options = answer->text(0, 3);
  place.generation = number_in(answer->text(0, 4));
  return place;
}

Result<void> Database::set_place(const std::string& copy, const CopyPlace& place) {
  return run(
      "INSERT INTO headwater_places VALUES ($1, $2, $3, $4, $5, $6, 1) ON CONFLICT (name) DO"
      " UPDATE SET stream = EXCLUDED.stream, sequence = EXCLUDED.sequence, event = EXCLUDED.event,"
      " options = EXCLUDED.options, generation = EXCLUDED.generation",
      {copy, place.stream, std::to_string(place.sequence), place.event, place.options,
       std::to_string(place.generation)});
}

Result<void> Database::remove_place(const std::string& copy) {
  return run("DELETE FROM headwater_places WHERE name = $1", {copy});
}

Result<std::vector<targets::Entry>> Database::tables(const std::string& copy) {
  auto answer = connection_.ask(
      "SELECT \"table\", name, source, database, made FROM headwater_tables WHERE copy = $1"
      " ORDER BY 1",
      {copy});
  if (!answer) return failed(answer);
  std::vector<targets::Entry> entries;
  entries.reserve(static_cast<std::size_t>(answer->rows()));
  for (int i = 0; i < answer->rows(); ++i) {
    entries.push_back({.table = answer->text(i, 0),
                       .of = {.name = answer->text(i, 1),
                              .source = answer->text(i, 2),
                              .database = answer->text(i, 3)},
                       .made = answer->text(i, 4) == "t"});
  }
  return entries;
}

Result<std::string> Database::owner(const std::string& table) {
  auto answer = connection_.ask("SELECT copy FROM headwater_tables WHERE \"table\" = $1", {table});
  if (!answer) return failed(answer);
  return answer->rows() == 0 ? std::string() : answer->text(0, 0);
}

Result<void> Database::add(const std::string& copy, const targets::Entry& entry) {
  return run(
      "INSERT INTO headwater_tables VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (\"table\") DO"
      " UPDATE SET copy = EXCLUDED.copy, name = EXCLUDED.name, source = EXCLUDED.source,"
      " database = EXCLUDED.database, made = EXCLUDED.made",
      {entry.table, copy, entry.of.name, entry.of.source, entry.of.database,
       entry.made ? "true" : "false"});
}

Result<void> Database::remove(const std::string& table) {
  return run("DELETE FROM headwater_tables WHERE \"table\" = $1", {table});
}

Result<bool> Database::exists(const std::string& table) {
  return ask_whether("to_regclass($1) IS NOT NULL", {quote_name(table)});
}

Result<bool> Database::has_rows(const std::string& table) {
  return ask_whether("EXISTS (SELECT 1 FROM " + quote_name(table) + ")", {});
}

Result<std::unique_ptr<targets::SqlTable>> Database::make_table(const std::string& table,
                                                                const TableRow& key) {
  auto made = Table::make(connection_, table, key, ++tables_);
  if (!made) return failed(made);
  return std::unique_ptr<targets::SqlTable>(*std::move(made));
}

Result<std::unique_ptr<targets::SqlTable>> Database::open_table(const targets::Entry& entry) {
  auto opened = Table::open(connection_, entry.table, entry.made, ++tables_);
  if (!opened) return failed(opened);
  return std::unique_ptr<targets::SqlTable>(*std::move(opened));
}

/// A view keeps the table that it was made of, whatever that is called.
Result<bool> Database::drop_table(const std::string& table) {
  auto needed = ask_whether(
      "EXISTS (SELECT 1 FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid AND d.classid ="
      " 'pg_rewrite'::regclass WHERE d.refobjid = to_regclass($1) AND r.ev_class <> d.refobjid)"
      " OR EXISTS (SELECT 1 FROM pg_constraint WHERE confrelid = to_regclass($1))",
      {quote_name(table)});
  if (!needed) return failed(needed);
  if (*needed) return false;
  auto gone = connection_.execute("DROP TABLE " + quote_name(table));
  if (!gone) return failed(gone);
  return true;
}

Result<void> Database::delete_rows(const std::string& table) {
  return connection_.execute("DELETE FROM " + quote_name(table));
}

Result<void> Database::rename_table(const std::string& from, const std::string& to) {
  // The index of the primary key has the table's name, too.
  auto index = connection_.ask(
      "SELECT conname FROM pg_constraint WHERE conrelid = to_regclass($1) AND contype = 'p'",
      {quote_name(from)});
  if (!index) return failed(index);
  std::string statements = "ALTER TABLE " + quote_name(from) + " RENAME TO " + quote_name(to);
  if (index->rows() > 0 && index->text(0, 0) == from + "_pkey") {
    statements += "; ALTER TABLE " + quote_name(to) + " RENAME CONSTRAINT " +
                  quote_name(from + "_pkey") + " TO " + quote_name(to + "_pkey");
  }
  return connection_.execute(statements);
}

Result<void> Database::replace_rows(const targets::Entry& from, const targets::Entry& to) {
  auto source = Table::open(connection_, from.table, true, ++tables_);
  auto table = Table::open(connection_, to.table, to.made, ++tables_);
  if (!source) return failed(source);
  if (!table) return failed(table);
  std::string names;
  std::string values;
  for (const Column& column : (*source)->columns()) {
    const std::string type = column.type ? name_of(*column.type) : "text";
    if (auto added = (*table)->add_column(column.name, type); !added) return added;
    names += (names.empty() ? "" : ", ") + quote_name(column.name);
  }
  if (auto gone = delete_rows(to.table); !gone) return gone;
  // Through text, as the rows come otherwise: the server casts it to the type of the column.
  auto types = connection_.ask(
      "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid ="
      " to_regclass($1) AND attnum > 0 AND NOT attisdropped",
      {quote_name(to.table)});
  if (!types) return failed(types);
  for (const Column& column : (*source)->columns()) {
    for (int i = 0; i < types->rows(); ++i) {
      if (types->text(i, 0) != column.name) continue;
      values +=
          (values.empty() ? "" : ", ") + quote_name(column.name) + "::text::" + types->text(i, 1);
    }
  }
  return connection_.execute("INSERT INTO " + quote_name(to.table) + "(" + names + ") SELECT " +
                             values + " FROM " + quote_name(from.table));
}

Result<std::vector<std::string>> Database::definitions(const std::string& table) {
  auto answer = connection_.ask(
      "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = to_regclass($1) AND NOT"
      " indisprimary UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid ="
      " to_regclass($1) AND NOT tgisinternal",
      {quote_name(table)});
  if (!answer) return failed(answer);
  std::vector<std::string> all;
  all.reserve(static_cast<std::size_t>(answer->rows()));
  for (int i = 0; i < answer->rows(); ++i) all.push_back(answer->text(i, 0));
  return all;
}

}  // namespace headwater::target_postgresql

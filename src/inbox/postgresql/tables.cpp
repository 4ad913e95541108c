// Making and checking the tables.
#include "src/inbox/postgresql/state.h"

namespace headwater::client {
namespace {

constexpr const char* columns =
    "source text, id text, sequence bigint, claimed_at timestamp with time zone";

/// The columns of a table in their order; NULL if there is no table.
constexpr const char* find_columns =
    "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)"
    " FROM pg_catalog.pg_attribute"
    " WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped";

/// The number of unique indexes on source and id.
constexpr const char* count_indexes =
    "SELECT count(*) FROM pg_catalog.pg_index i WHERE i.indrelid = to_regclass($1) AND "
    "i.indisunique"
    " AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL AND 'source id' ="
    " (SELECT string_agg(a.attname, ' ' ORDER BY k.n) FROM unnest(i.indkey) WITH ORDINALITY"
    " k(number, n) JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid"
    " AND a.attnum = k.number)";

}  // namespace

std::string PostgresInbox::State::table(std::string_view suffix) const {
  return "\"" + options.table + std::string(suffix) + "\"";
}

Result<bool> PostgresInbox::State::exists() const {
  auto ids = text("SELECT to_regclass($1)", table());
  if (!ids) return ids.error();
  auto meta = text("SELECT to_regclass($1)", table("_meta"));
  if (!meta) return meta.error();
  return !ids->empty() || !meta->empty();
}

Result<void> PostgresInbox::State::create() const {
  const auto steps = [this]() -> Result<void> {
    auto created = execute(
        "CREATE TABLE " + table() +
        " (source text COLLATE \"C\" NOT NULL, id text COLLATE \"C\" NOT NULL,"
        " sequence bigint NOT NULL, claimed_at timestamptz NOT NULL, PRIMARY KEY (source, id));"
        "CREATE TABLE " +
        table("_meta") +
        " (one int PRIMARY KEY CHECK (one = 1), format int NOT NULL, consumer text NOT NULL)");
    if (!created) return created;
    auto written = query(
        "INSERT INTO " + table("_meta") + " VALUES (1, " + std::to_string(inbox::format) + ", $1)",
        {{.bytes = options.consumer}});
    if (!written) return written.error();
    return {};
  };
  if (auto begun = execute("BEGIN"); !begun) return begun;
  auto done = steps();
  if (done) return execute("COMMIT");
  (void)execute("ROLLBACK");
  // Another worker may have made the tables meanwhile.
  auto made = exists();
  return made && *made ? Result<void>() : done;
}

Result<void> PostgresInbox::State::check() const {
  auto found = text(find_columns, table());
  if (!found) return found.error();
  if (*found != columns) {
    return inbox::other_shape(
        options, found->empty() ? "it has no table of ids" : "its columns are " + *found);
  }
  auto indexes = text(count_indexes, table());
  if (!indexes) return indexes.error();
  if (*indexes == "0") {
    return inbox::other_shape(options, "source and id are not its primary key");
  }
  auto meta = text(find_columns, table("_meta"));
  if (!meta) return meta.error();
  if (*meta != "one integer, format integer, consumer text") {
    return inbox::other_shape(options, "it has no table " + options.table + "_meta of this shape");
  }
  auto about = query("SELECT format, consumer FROM " + table("_meta"));
  if (!about) return about.error();
  if (PQntuples(about->get()) != 1) {
    return inbox::other_shape(options, "its table " + options.table + "_meta has not one row");
  }
  return inbox::check_about(options, {.format = PQgetvalue(about->get(), 0, 0),
                                      .consumer = PQgetvalue(about->get(), 0, 1)});
}

}  // namespace headwater::client

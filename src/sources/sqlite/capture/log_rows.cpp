#include "src/sources/sqlite/capture/log_rows.h"

#include "src/json/json.h"
#include "src/sources/sqlite/capture/catalog.h"
#include "src/sources/sqlite/capture/rows.h"
#include "src/sources/sqlite/capture/trigger_sql.h"

namespace headwater::sqlite {
namespace {

Result<void> run(Database& database, const char* sql, const auto& bind) {
  auto statement = database.prepare(sql);
  if (!statement) return failed(statement);
  bind(*statement);
  return statement->run();
}

}  // namespace

Result<void> add_shape(Database& database, const TableInfo& table, std::int64_t shape) {
  auto head = log_head(database);
  if (!head) return failed(head);
  const std::string columns = Json::array(table.column_names()).dump();
  const std::string key = Json::array(table.key_names()).dump();
  const std::string collations = Json::array(table.collations).dump();
  return run(database,
             "INSERT INTO _headwater_shapes(\"table\", columns, key, by_rowid, collations, "
             "definition, since, shape) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
             [&](Statement& statement) {
               statement.bind_text(0, table.name).bind_text(1, columns).bind_text(2, key);
               statement.bind(3, table.by_rowid ? 1 : 0).bind_text(4, collations);
               statement.bind_text(5, table.definition).bind(6, *head).bind(7, shape);
             });
}

Result<void> log_drop(Database& database, std::int64_t shape) {
  return database.execute("INSERT INTO _headwater_log(shape, op, time) VALUES (" +
                          std::to_string(shape) + ", 5, " + now_sql + ")");
}

Result<void> log_gap(Database& database, std::int64_t shape, const std::string& reason,
                     std::int64_t from, bool restated) {
  const std::string sql =
      "INSERT INTO _headwater_log(shape, op, time, v0, v1, v2, v3) SELECT ?1, 6, " +
      std::string(now_sql) + ", ?2, ?3, (SELECT coalesce(max(seq), 0) + 1 FROM _headwater_log), ?4";
  return run(database, sql.c_str(), [&](Statement& statement) {
    statement.bind(0, shape).bind_text(1, reason).bind(2, from).bind(3, restated ? 1 : 0);
  });
}

Result<void> add_task(Database& database, std::int64_t shape,
                      const std::optional<std::string>& relay, const std::string& reason) {
  const std::string sql =
      "INSERT INTO _headwater_snapshots(shape, at, time, relay, reason) SELECT ?1, (SELECT "
      "coalesce(max(seq), 0) FROM _headwater_log), " +
      std::string(now_sql) + ", ?2, ?3";
  return run(database, sql.c_str(), [&](Statement& statement) {
    statement.bind(0, shape).bind_text(2, reason);
    if (relay) {
      statement.bind_text(1, *relay);
    } else {
      statement.bind_null(1);
    }
  });
}

FirstRows first_rows(Database& database, const std::string& table, bool wanted) {
  if (!wanted) return FirstRows::left_out;
  auto found = database.integer("SELECT EXISTS(SELECT 1 FROM main." + quote_name(table) + ")");
  return found && *found == 0 ? FirstRows::none : FirstRows::read;
}

std::string words_for(FirstRows rows) {
  switch (rows) {
    case FirstRows::read:
      return "its rows will be read";
    case FirstRows::none:
      return "has no rows yet";
    case FirstRows::left_out:
      return "only changes from now on";
  }
  return {};
}

Result<std::vector<Captured>> load_captured(Database& database) {
  std::vector<Captured> result;
  auto rows =
      database.prepare("SELECT \"table\", shape, nulls FROM _headwater_captured ORDER BY 1");
  if (!rows) return failed(rows);
  auto done = for_each_row(*rows, [&](const Statement& row) {
    result.push_back({text_at(row, 0), row.integer(1), static_cast<KeyNulls>(row.integer(2))});
  });
  if (!done) return failed(done);
  return result;
}

Result<void> set_captured(Database& database, const Captured& captured) {
  return run(database, "INSERT OR REPLACE INTO _headwater_captured VALUES (?, ?, ?)",
             [&](Statement& statement) {
               statement.bind_text(0, captured.table).bind(1, captured.shape);
               statement.bind(2, static_cast<std::int64_t>(captured.nulls));
             });
}

Result<void> note_nulls(Database& database, const std::string& table, bool found) {
  auto noted =
      run(database, "UPDATE _headwater_captured SET nulls = ?1 WHERE \"table\" = ?2 AND nulls = 2",
          [&](Statement& statement) { statement.bind(0, found ? 1 : 0).bind_text(1, table); });
  if (!noted || !found) return noted;
  return set_meta(database, "renew", 1);
}

Result<void> forget_renewal(Database& database) {
  return database.execute(
      "UPDATE _headwater_meta SET value = 0 WHERE key = 'renew' AND NOT EXISTS (SELECT 1 FROM "
      "_headwater_captured NATURAL JOIN _headwater_shapes WHERE nulls = 1 AND NOT by_rowid)");
}

Result<void> forget_captured(Database& database, const std::string& table) {
  return run(database, "DELETE FROM _headwater_captured WHERE \"table\" = ?",
             [&](Statement& statement) { statement.bind_text(0, table); });
}

Result<std::int64_t> meta_integer(Database& database, const std::string& key) {
  return database.integer_again("SELECT value FROM main._headwater_meta WHERE key = " +
                                quote_text(key));
}

Result<void> set_meta(Database& database, const std::string& key, std::int64_t value) {
  return run(database, "INSERT OR REPLACE INTO _headwater_meta VALUES (?, ?)",
             [&](Statement& statement) { statement.bind_text(0, key).bind(1, value); });
}

Result<bool> rowids_renumbered(Database& database) {
  auto there = database.integer("SELECT count(*) FROM _headwater_witness WHERE rowid = 2");
  if (!there) return failed(there);
  return *there == 0;
}

Result<void> forget_renumbering(Database& database) {
  return database.execute(
      "DELETE FROM _headwater_witness; INSERT INTO _headwater_witness(rowid) VALUES (2)");
}

}  // namespace headwater::sqlite

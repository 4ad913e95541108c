#include "src/sources/sqlite/capture/schema_rows.h"

#include "src/json/json.h"

namespace headwater::sqlite {
namespace {

/// SQLite prevents accidental writes to sqlite_schema.
Result<void> writing(Database& database, const std::function<Result<void>()>& body) {
  if (auto on = database.execute("PRAGMA main.writable_schema = ON"); !on) return on;
  auto done = body();
  auto off = database.execute("PRAGMA main.writable_schema = OFF");
  return done ? off : done;
}

}  // namespace

Result<std::vector<SchemaTrigger>> add_trigger_rows(Database& database, const std::string& table,
                                                    std::span<const Trigger> triggers) {
  std::vector<SchemaTrigger> rows;
  auto done = writing(database, [&]() -> Result<void> {
    auto add = database.prepare(
        "INSERT INTO main.sqlite_schema(type, name, tbl_name, rootpage, sql) "
        "VALUES ('trigger', ?1, ?2, 0, ?3)");
    if (!add) return failed(add);
    for (const Trigger& trigger : triggers) {
      add->bind_text(0, trigger.name).bind_text(1, table).bind_text(2, trigger.sql);
      if (auto added = add->run(); !added) return added;
      rows.push_back({.name = trigger.name,
                      .table = table,
                      .sql = {},
                      .place = sqlite3_last_insert_rowid(database.handle()),
                      .shape = {}});
    }
    return {};
  });
  if (!done) return failed(done);
  return rows;
}

Result<void> drop_trigger_rows(Database& database, std::span<const SchemaTrigger* const> triggers) {
  return writing(database, [&]() -> Result<void> {
    auto drop = database.prepare(
        "DELETE FROM main.sqlite_schema WHERE rowid = ?1 AND type = 'trigger' AND name = ?2");
    if (!drop) return failed(drop);
    for (const SchemaTrigger* trigger : triggers) {
      drop->bind(0, trigger->place).bind_text(1, trigger->name);
      if (auto dropped = drop->run(); !dropped) return dropped;
    }
    return {};
  });
}

Result<void> drop_triggers_named(Database& database, const std::vector<std::string>& names) {
  const std::string list = Json::array(names).dump();
  return writing(database, [&]() -> Result<void> {
    auto drop = database.prepare(
        "DELETE FROM main.sqlite_schema WHERE type = 'trigger' "
        "AND name IN (SELECT value FROM json_each(?1))");
    if (!drop) return failed(drop);
    drop->bind_text(0, list);
    return drop->run();
  });
}

Result<std::string> why_unreadable(Database& database) {
  if (auto forgot = database.execute("PRAGMA main.writable_schema = RESET"); !forgot) {
    return failed(forgot);
  }
  auto read = database.integer("SELECT 1 FROM main.sqlite_schema LIMIT 1");
  if (read) return std::string();
  if (read.error().name != "source.corrupt") return failed(read);
  return read.error().message;
}

Result<void> mending_schema(Database& database, const std::function<Result<void>()>& body) {
  // SQLite then ignores what it does not understand.
  if (auto on = database.execute("PRAGMA main.writable_schema = ON"); !on) return on;
  auto done = database.transaction("IMMEDIATE", [&]() -> Result<void> {
    if (auto result = body(); !result) return result;
    auto version = database.integer("PRAGMA main.schema_version");
    if (!version) return failed(version);
    return database.execute("PRAGMA main.schema_version = " + std::to_string(*version + 1));
  });
  auto off = database.execute("PRAGMA main.writable_schema = RESET");
  return done ? off : done;
}

Result<void> knowing_schema(Database& database, const std::function<Result<void>()>& body) {
  /// After this many tries it is read under the lock.
  constexpr int most_tries = 10;
  for (int i = 1;; ++i) {
    std::int64_t known = 0;
    auto read = database.transaction("", [&]() -> Result<void> {
      auto any = database.integer("SELECT 1 FROM main.sqlite_schema LIMIT 1");
      auto version = database.integer("PRAGMA main.schema_version");
      if (!any || !version) return any ? failed(version) : failed(any);
      known = *version;
      return {};
    });
    if (!read) return read;
    bool same = false;
    auto done = database.transaction("IMMEDIATE", [&]() -> Result<void> {
      auto version = database.integer("PRAGMA main.schema_version");
      if (!version) return failed(version);
      same = *version == known || i == most_tries;
      return same ? body() : Result<void>();
    });
    if (!done || same) return done;
  }
}

Result<void> schema_changed(Database& database) {
  // With PRAGMA schema_version, this connection would also read all of it again, under the lock. A
  // view that nobody ever sees only changes the number.
  return database.execute(
      "CREATE VIEW main._headwater_bell AS SELECT 1; DROP VIEW main._headwater_bell");
}

Result<void> changing_triggers(Database& database, const std::function<Result<void>()>& body) {
  auto cache = database.integer("PRAGMA main.cache_size");
  auto sync = database.integer("PRAGMA main.synchronous");
  auto journal = database.text("PRAGMA main.journal_mode");
  if (!cache || !sync || !journal) {
    return !cache ? failed(cache) : !sync ? failed(sync) : failed(journal);
  }
  auto set = database.execute("PRAGMA main.cache_size = -65536");
  // Without WAL, a power failure could then do more than undo the last steps.
  if (set && *journal == "wal") set = database.execute("PRAGMA main.synchronous = NORMAL");
  if (!set) return set;
  // Not while others wait. In a transaction, so that a schema that changes in the meantime is read
  // again.
  auto read = database.transaction("", [&]() -> Result<void> {
    auto all = database.integer("SELECT count(*) FROM main.sqlite_schema WHERE name IS NULL");
    return all ? Result<void>() : failed(all);
  });
  auto done = read ? body() : read;
  auto reset = database.execute("PRAGMA main.cache_size = " + std::to_string(*cache) +
                                "; PRAGMA main.synchronous = " + std::to_string(*sync));
  return done ? reset : done;
}

}  // namespace headwater::sqlite

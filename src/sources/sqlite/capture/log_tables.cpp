#include "src/sources/sqlite/capture/log_tables.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "src/sources/sqlite/capture/catalog.h"
#include "src/sources/sqlite/capture/log_rows.h"
#include "src/sources/sqlite/capture/rows.h"
#include "src/sources/sqlite/capture/schema_rows.h"
#include "src/sources/sqlite/capture/trigger_names.h"
#include "src/sources/sqlite/capture/trigger_sql.h"

namespace headwater::sqlite {
namespace {

constexpr std::array own_tables{"_headwater_meta",      "_headwater_shapes", "_headwater_captured",
                                "_headwater_log",       "_headwater_stash",  "_headwater_relays",
                                "_headwater_snapshots", "_headwater_witness"};

/// A gap row holds five values.
constexpr std::size_t least_values = 5;

/// The longest time to hold a write lock: some milliseconds.
constexpr std::size_t triggers_per_piece = 200;
constexpr int log_rows_per_piece = 500;

constexpr const char* schema_sql = R"sql(
CREATE TABLE _headwater_meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE _headwater_shapes(shape INTEGER PRIMARY KEY, "table" TEXT NOT NULL,
  columns TEXT NOT NULL, key TEXT NOT NULL, by_rowid INTEGER NOT NULL, collations TEXT NOT NULL,
  definition TEXT NOT NULL, since INTEGER NOT NULL);
CREATE TABLE _headwater_captured("table" TEXT PRIMARY KEY, shape INTEGER NOT NULL,
  nulls INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE _headwater_log(seq INTEGER PRIMARY KEY, shape INTEGER, op INTEGER,
  time INTEGER DEFAULT ($NOW), $LOG);
CREATE TABLE _headwater_stash(shape INTEGER, id INTEGER, time INTEGER DEFAULT ($NOW), $STASH,
  PRIMARY KEY(shape, id)) WITHOUT ROWID;
CREATE TABLE _headwater_relays(name TEXT PRIMARY KEY, tables TEXT, start INTEGER NOT NULL,
  first_task INTEGER NOT NULL, confirmed INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE _headwater_snapshots(task INTEGER PRIMARY KEY, shape INTEGER NOT NULL,
  at INTEGER NOT NULL, time INTEGER NOT NULL, relay TEXT, reason TEXT NOT NULL);
CREATE TABLE _headwater_witness(empty);
CREATE TRIGGER _headwater_keep_newest BEFORE DELETE ON _headwater_log
WHEN old.seq = (SELECT max(seq) FROM _headwater_log)
BEGIN
  SELECT RAISE(ABORT, 'the newest row of _headwater_log must stay: it numbers the next one');
END;
INSERT INTO _headwater_witness(rowid) VALUES (2);
INSERT INTO _headwater_meta VALUES ('renew', 0), ('sure', 0), ('uuid',
  lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) ||
  '-' || substr('89ab', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) || '-' ||
  hex(randomblob(6))));
)sql";

constexpr std::string_view newest_guard = "_headwater_keep_newest";

/// The beginning of the stored text of our tables and of the guard, whatever was added to it.
/// Another program's object under such a name begins otherwise.
std::string_view beginning_of(std::string_view type, std::string_view name) {
  constexpr std::string_view guard = "CREATE TRIGGER _headwater_keep_newest BEFORE DELETE ON ";
  if (type == "trigger") return name == newest_guard ? guard : std::string_view();
  const std::string_view all = schema_sql;
  const auto at = all.find("CREATE TABLE " + std::string(name) + "(");
  if (type != "table" || at == std::string_view::npos) return {};
  return all.substr(at, all.find_first_of(",$;", at) - at);
}

bool is_ours(std::string_view name, std::string_view type, std::string_view sql) {
  const auto begins = beginning_of(type, name);
  return !begins.empty() && sql.starts_with(begins);
}

Result<std::size_t> width_of(Database& database, const char* table) {
  auto count = database.integer("SELECT count(*) FROM pragma_table_info(" + quote_text(table) +
                                ", 'main') WHERE name GLOB 'v[0-9]*'");
  if (!count) return failed(count);
  return static_cast<std::size_t>(*count);
}

/// Once sqlite_schema has a row with the greatest number, SQLite numbers rows at random, and a
/// trigger that then precedes its table makes the schema unreadable.
Result<void> expect_room(Database& database) {
  constexpr std::int64_t odd = std::int64_t{1} << 62U;
  auto greatest = database.integer("SELECT max(rowid) FROM main.sqlite_schema");
  if (!greatest) return failed(greatest);
  if (*greatest < odd) return {};
  return fail({.remedy = Remedy::stop,
               .origin = database.origin(),
               .name = "source.odd_schema",
               .message = "sqlite_schema in " + database.path() +
                          " has rows with numbers that SQLite does not assign",
               .next = "VACUUM the database, then headwater init -c FILE"});
}

Result<void> widen(Database& database, const char* table, std::size_t width) {
  auto now = width_of(database, table);
  if (!now) return failed(now);
  for (std::size_t i = *now; i < width; ++i) {
    auto done =
        database.execute("ALTER TABLE " + std::string(table) + " ADD COLUMN v" + std::to_string(i));
    if (!done) return done;
  }
  return {};
}

}  // namespace

bool is_own_name(std::string_view table) {
  return std::ranges::any_of(own_tables, [&](const char* own) { return same_name(own, table); });
}

Result<LogState> log_state(Database& database) {
  std::size_t present = 0;
  bool meta = false;
  bool others = false;
  auto rows = database.prepare(
      "SELECT name, type, sql FROM main.sqlite_schema "
      "WHERE name LIKE '\\_headwater\\_%' ESCAPE '\\' AND name NOT GLOB '_headwater_[0-9]*'");
  if (!rows) return failed(rows);
  auto read = for_each_row(*rows, [&](const Statement& row) {
    const std::string_view name = row.bytes(0);
    if (is_ours(name, row.bytes(1), row.bytes(2))) {
      present += row.bytes(1) == "table" ? 1U : 0U;
      meta = meta || name == "_headwater_meta";
    } else if (is_own_name(name) || same_name(name, newest_guard) || same_name(name, bell)) {
      others = true;
    }
  });
  if (!read) return failed(read);
  if (others) return LogState::taken;
  if (present == 0) return LogState::absent;
  if (!meta) return LogState::damaged;
  auto version = meta_integer(database, "version");
  if (!version) return failed(version);
  if (*version > log_version) return LogState::newer;
  return present == own_tables.size() && *version == log_version ? LogState::ready
                                                                 : LogState::damaged;
}

Error log_error(LogState state, const Database& database) {
  Error error{.origin = database.origin()};
  switch (state) {
    case LogState::newer:
      error.name = "source.newer_version";
      error.message = "the change log in " + database.path() + " was created by a newer Headwater";
      error.next = "use that version or a later one";
      break;
    case LogState::taken:
      error.name = "source.name_taken";
      error.message =
          "something in " + database.path() +
          " has a name that Headwater needs (_headwater_...), but Headwater did not create it";
      error.next =
          "find it: SELECT type, name FROM sqlite_schema WHERE name LIKE '%headwater%'; rename it, "
          "then headwater init -c FILE";
      break;
    case LogState::damaged:
      error.name = "source.log_damaged";
      error.message = "some of the tables _headwater_... in " + database.path() + " are gone";
      error.next = "headwater init -c FILE --remove, then headwater init -c FILE to start again";
      break;
    default:
      error.name = "source.not_prepared";
      error.message = database.path() + " has no change log";
      error.next = "headwater init -c FILE";
  }
  return error;
}

Result<void> create_log(Database& database, std::size_t width) {
  if (auto room = expect_room(database); !room) return room;
  std::string sql = schema_sql;
  const auto fill = [&](std::string_view mark, const std::string& text) {
    for (auto at = sql.find(mark); at != std::string::npos; at = sql.find(mark)) {
      sql.replace(at, mark.size(), text);
    }
  };
  const auto values = [](std::size_t count) {
    return value_columns(0, std::max(count, least_values));
  };
  fill("$NOW", now_sql);
  fill("$LOG", values(pair_fits(database, width) ? 2 * width : width));
  fill("$STASH", values(width));
  if (auto made = database.execute(sql); !made) return made;
  return set_meta(database, "version", log_version);
}

Result<std::vector<std::string>> trigger_names(Database& database) {
  std::vector<std::string> names;
  auto rows = database.prepare(
      "SELECT name, sql FROM main.sqlite_schema WHERE type = 'trigger' "
      "AND name LIKE '\\_headwater\\_%' ESCAPE '\\'");
  if (!rows) return failed(rows);
  auto read = for_each_row(*rows, [&](const Statement& row) {
    if (shape_of_trigger(row.bytes(0), row.bytes(1))) names.push_back(text_at(row, 0));
  });
  if (!read) return failed(read);
  return names;
}

Result<void> drop_triggers(Database& database) {
  auto found = trigger_names(database);
  if (!found) return failed(found);
  const std::vector<std::string>& names = *found;
  if (names.empty()) return {};
  return changing_triggers(database, [&]() -> Result<void> {
    for (std::size_t at = 0; at < names.size(); at += triggers_per_piece) {
      const auto from = names.begin() + static_cast<std::ptrdiff_t>(at);
      const std::vector<std::string> piece(
          from,
          from + static_cast<std::ptrdiff_t>(std::min(triggers_per_piece, names.size() - at)));
      auto dropped = database.transaction("IMMEDIATE", [&]() -> Result<void> {
        if (auto done = drop_triggers_named(database, piece); !done) return done;
        return schema_changed(database);
      });
      if (!dropped) return dropped;
      let_others_in();
    }
    auto unreadable = why_unreadable(database);
    return unreadable ? Result<void>() : failed(unreadable);
  });
}

Result<void> empty_log(Database& database) {
  auto there = database.integer(
      "SELECT count(*) FROM main.sqlite_schema WHERE type = 'table' AND name = '_headwater_log'");
  if (!there || *there == 0) return there ? Result<void>() : failed(there);
  const std::string piece =
      "DELETE FROM main._headwater_log WHERE seq IN (SELECT seq FROM main._headwater_log WHERE seq "
      "< "
      "(SELECT max(seq) FROM main._headwater_log) ORDER BY seq LIMIT " +
      std::to_string(log_rows_per_piece) + ")";
  for (;;) {
    auto deleted = database.execute(piece);
    if (!deleted) return deleted;
    if (database.changes() == 0) return {};
    let_others_in();
  }
}

Result<void> drop_log(Database& database) {
  std::string drops;
  for (const char* name : own_tables)
    drops += "DROP TABLE IF EXISTS main." + std::string(name) + ";";
  return database.execute(drops);
}

void let_others_in() { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }

bool pair_fits(Database& database, std::size_t width) { return 2 * width <= most_values(database); }

Result<bool> make_room(Database& database, std::size_t width) {
  const bool fits = pair_fits(database, width);
  if (auto done = widen(database, "_headwater_log", fits ? 2 * width : width); !done) {
    return failed(done);
  }
  if (auto done = widen(database, "_headwater_stash", std::max(width, least_values)); !done) {
    return failed(done);
  }
  return fits;
}

}  // namespace headwater::sqlite

#include "src/targets/sqlite/catalog.h"

#include <cstdint>
#include <utility>

#include "src/sqlite/scratch.h"

namespace headwater::target_sqlite {
namespace {

constexpr const char* tables_of_the_catalog =
    "CREATE TABLE IF NOT EXISTS headwater_places("
    "name TEXT PRIMARY KEY NOT NULL, stream TEXT NOT NULL, sequence INTEGER NOT NULL,"
    "event TEXT NOT NULL, options TEXT NOT NULL, generation INTEGER NOT NULL, version INTEGER NOT "
    "NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS headwater_tables("
    "\"table\" TEXT PRIMARY KEY NOT NULL, copy TEXT NOT NULL, name TEXT NOT NULL,"
    "source TEXT NOT NULL, \"database\" TEXT NOT NULL, made INTEGER NOT NULL) WITHOUT ROWID";

}  // namespace

Result<Catalog> Catalog::open(sqlite::Database& database) {
  auto made = database.execute(tables_of_the_catalog);
  if (!made) return failed(made);
  Catalog catalog(database);
  auto prepared = sqlite::prepare_all(
      database,
      {{&catalog.get_place_,
        "SELECT stream, sequence, event, options, generation FROM headwater_places WHERE name = "
        "?1"},
       {&catalog.set_place_,
        "INSERT INTO headwater_places VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1) ON CONFLICT(name) DO"
        " UPDATE SET stream = ?2, sequence = ?3, event = ?4, options = ?5, generation = ?6"}});
  if (!prepared) return failed(prepared);
  return catalog;
}

Result<CopyPlace> Catalog::place(const std::string& copy) {
  get_place_.bind_text(0, copy);
  auto row = get_place_.step();
  if (!row) return failed(row);
  CopyPlace place;
  if (!*row) return place;
  place.stream = get_place_.bytes(0);
  place.sequence = static_cast<std::uint64_t>(get_place_.integer(1));
  place.event = get_place_.bytes(2);
  place.options = get_place_.bytes(3);
  place.generation = static_cast<std::uint64_t>(get_place_.integer(4));
  get_place_.reset();
  return place;
}

Result<void> Catalog::set_place(const std::string& copy, const CopyPlace& place) {
  set_place_.bind_text(0, copy)
      .bind_text(1, place.stream)
      .bind(2, static_cast<std::int64_t>(place.sequence))
      .bind_text(3, place.event)
      .bind_text(4, place.options)
      .bind(5, static_cast<std::int64_t>(place.generation));
  return set_place_.run();
}

Result<void> Catalog::remove_place(const std::string& copy) {
  return database_->execute("DELETE FROM headwater_places WHERE name = " +
                            sqlite::quote_text(copy));
}

Result<std::vector<Entry>> Catalog::tables(const std::string& copy) {
  auto list = database_->prepare(
      "SELECT \"table\", name, source, \"database\", made FROM headwater_tables WHERE copy = ?1");
  if (!list) return failed(list);
  list->bind_text(0, copy);
  std::vector<Entry> entries;
  for (;;) {
    auto row = list->step();
    if (!row) return failed(row);
    if (!*row) return entries;
    entries.push_back({.table = std::string(list->bytes(0)),
                       .of = {.name = std::string(list->bytes(1)),
                              .source = std::string(list->bytes(2)),
                              .database = std::string(list->bytes(3))},
                       .made = list->integer(4) != 0});
  }
}

/// SQLite's names ignore the case.
Result<std::string> Catalog::owner(const std::string& table) {
  return database_->text("SELECT copy FROM headwater_tables WHERE \"table\" = " +
                         sqlite::quote_text(table) + " COLLATE NOCASE");
}

Result<void> Catalog::add(const std::string& copy, const Entry& entry) {
  auto put =
      database_->prepare("INSERT OR REPLACE INTO headwater_tables VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
  if (!put) return failed(put);
  put->bind_text(0, entry.table)
      .bind_text(1, copy)
      .bind_text(2, entry.of.name)
      .bind_text(3, entry.of.source)
      .bind_text(4, entry.of.database)
      .bind(5, std::int64_t{entry.made ? 1 : 0});
  return put->run();
}

Result<void> Catalog::remove(const std::string& table) {
  return database_->execute("DELETE FROM headwater_tables WHERE \"table\" = " +
                            sqlite::quote_text(table));
}

}  // namespace headwater::target_sqlite

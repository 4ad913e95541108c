#include "src/sqlite/scratch.h"

#include <utility>

namespace headwater::sqlite {

Result<Database> scratch_database(const std::string& tables, Origin origin, int cache_kib) {
  // For SQLite, the empty name is a private file that is deleted when it is closed.
  auto database = Database::open("", Open::create, origin);
  if (!database) return database;
  auto made = database->execute(
      "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE;"
      "PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -" +
      std::to_string(cache_kib) + "; " + tables + "; BEGIN");
  if (!made) return failed(made);
  return database;
}

Result<void> prepare_all(Database& database, std::initializer_list<Preparation> preparations) {
  for (const auto& [statement, sql] : preparations) {
    auto prepared = database.prepare(sql);
    if (!prepared) return failed(prepared);
    *statement = std::move(*prepared);
  }
  return {};
}

}  // namespace headwater::sqlite

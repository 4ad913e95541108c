#include "src/sources/shared/ledger/seen_keys.h"

#include <utility>

#include "src/sqlite/scratch.h"

namespace headwater::sources {

Result<SeenKeys> SeenKeys::make() {
  // A relay without an unfinished snapshot has one, too, and never uses it.
  constexpr int cache_kib = 2'048;
  auto database = sqlite::scratch_database(
      "CREATE TABLE seen(task INTEGER, key BLOB, PRIMARY KEY(task, key)) WITHOUT ROWID",
      Origin::source, cache_kib);
  if (!database) return failed(database);
  sqlite::Statement add;
  sqlite::Statement has;
  auto prepared =
      sqlite::prepare_all(*database, {{&add, "INSERT OR IGNORE INTO seen VALUES(?, ?)"},
                                      {&has, "SELECT 1 FROM seen WHERE task = ? AND key = ?"}});
  if (!prepared) return failed(prepared);
  return SeenKeys(std::move(*database), std::move(add), std::move(has));
}

SeenKeys::SeenKeys(sqlite::Database database, sqlite::Statement add, sqlite::Statement has)
    : database_(std::move(database)), add_(std::move(add)), has_(std::move(has)) {}

Result<bool> SeenKeys::add(std::int64_t group, std::string_view key) {
  add_.bind(0, group).bind_blob(1, key);
  if (auto added = add_.run(); !added) return failed(added);
  const bool fresh = database_.changes() > 0;
  if (fresh) ++count_;
  return fresh;
}

Result<bool> SeenKeys::has(std::int64_t group, std::string_view key) {
  if (count_ == 0) return false;
  has_.bind(0, group).bind_blob(1, key);
  auto found = has_.step();
  has_.reset();
  return found;
}

Result<void> SeenKeys::clear() {
  if (count_ == 0) return {};
  count_ = 0;
  return database_.execute("DELETE FROM seen");
}

}  // namespace headwater::sources

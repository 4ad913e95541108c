#include "src/sources/sqlite/feed/seen_keys.h"

#include <utility>

namespace headwater::sqlite {

Result<Database> temporary_database() {
  // For SQLite, the empty name is a private temporary file.
  auto database = Database::open("", Open::create, Origin::source);
  if (!database) return database;
  auto made = database->execute(
      "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -2048; BEGIN");
  if (!made) return failed(made);
  return database;
}

Result<SeenKeys> SeenKeys::make() {
  auto database = temporary_database();
  if (!database) return failed(database);
  auto made = database->execute(
      "CREATE TABLE seen(task INTEGER, key BLOB, PRIMARY KEY(task, key)) WITHOUT ROWID");
  if (!made) return failed(made);
  auto add = database->prepare("INSERT OR IGNORE INTO seen VALUES(?, ?)");
  if (!add) return failed(add);
  auto has = database->prepare("SELECT 1 FROM seen WHERE task = ? AND key = ?");
  if (!has) return failed(has);
  return SeenKeys(std::move(*database), std::move(*add), std::move(*has));
}

SeenKeys::SeenKeys(Database database, Statement add, Statement has)
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

}  // namespace headwater::sqlite

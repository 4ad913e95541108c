#include "testing/rig/sqlite_files.h"

#include <filesystem>

#include "src/sqlite/database.h"
#include "testing/rig/server_program.h"

namespace headwater::rig {
namespace {

constexpr Milliseconds lock_patience{60'000};

sqlite::Database open(const std::string& path, sqlite::Open mode) {
  auto database = sqlite::Database::open(path, mode, Origin::usage, lock_patience);
  if (!database) give_up(database.error().message);
  return std::move(*database);
}

}  // namespace

std::int64_t query_integer(const std::string& path, const std::string& sql) {
  auto database =
      sqlite::Database::open(path, sqlite::Open::read_only, Origin::usage, lock_patience);
  if (!database) return -1;
  return database->integer(sql).value_or(-1);
}

void execute(const std::string& path, const std::string& sql) {
  auto database = open(path, sqlite::Open::read_write);
  if (auto done = database.execute(sql); !done) give_up(sql + ": " + done.error().message);
}

void copy_database(const std::string& from, const std::string& to) {
  auto source = open(from, sqlite::Open::read_only);
  std::filesystem::remove(to);
  auto target = open(to, sqlite::Open::create);
  sqlite3_backup* backup = sqlite3_backup_init(target.handle(), "main", source.handle(), "main");
  int code = SQLITE_BUSY;
  while (backup != nullptr && (code == SQLITE_BUSY || code == SQLITE_LOCKED)) {
    code = sqlite3_backup_step(backup, -1);
  }
  sqlite3_backup_finish(backup);
  if (code != SQLITE_DONE) give_up("copying " + from + ": " + sqlite3_errstr(code));
}

void restore_database(const std::string& copy, const std::string& path) {
  std::filesystem::copy_file(copy, path + ".restored",
                             std::filesystem::copy_options::overwrite_existing);
  for (const std::string beside : {"-wal", "-shm", "-journal"}) {
    std::filesystem::remove(path + beside);
  }
  std::filesystem::rename(path + ".restored", path);
}

}  // namespace headwater::rig

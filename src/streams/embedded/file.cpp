#include "src/streams/embedded/file.h"

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "src/streams/shared/errors.h"
#include "src/streams/shared/folder.h"

namespace headwater::embedded {
namespace {

using sqlite::Database;
using sqlite::Open;

// docs/formats/embedded-stream.md explains each column.
constexpr const char* schema = R"sql(
CREATE TABLE stream(
  key TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO stream VALUES ('removed', 0), ('life', random());

CREATE TABLE kinds(
  kind INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  type TEXT NOT NULL,
  id_prefix TEXT NOT NULL,
  UNIQUE (source, type, id_prefix)
);

CREATE TABLE events(
  sequence INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  time INTEGER NOT NULL,
  id TEXT NOT NULL,
  subject TEXT NOT NULL,
  partition_key TEXT NOT NULL,
  data TEXT NOT NULL
);

CREATE TABLE relays(
  name TEXT PRIMARY KEY,
  source TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  position BLOB NOT NULL,
  time INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE consumers(
  name TEXT PRIMARY KEY,
  acknowledged INTEGER NOT NULL,
  time INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE marks(
  sequence INTEGER PRIMARY KEY,
  time INTEGER NOT NULL
);

CREATE VIEW event AS
SELECT sequence, id_prefix || id AS id, source, type, subject, partition_key,
       strftime('%Y-%m-%dT%H:%M:%S', time / 1000, 'unixepoch')
         || printf('.%03dZ', time % 1000) AS time,
       data,
       '{"specversion":"1.0","id":' || json_quote(id_prefix || id)
         || ',"source":' || json_quote(source)
         || ',"type":' || json_quote(type)
         || CASE subject WHEN '' THEN '' ELSE ',"subject":' || json_quote(subject) END
         || ',"time":"' || strftime('%Y-%m-%dT%H:%M:%S', time / 1000, 'unixepoch')
         || printf('.%03dZ', time % 1000)
         || '","datacontenttype":"application/json","sequence":"' || printf('%020d', sequence)
         || '","partitionkey":' || json_quote(partition_key)
         || ',"data":' || data || '}' AS json
FROM events JOIN kinds USING (kind);
)sql";

using streams::hopeless;
using streams::retry_later;

Error not_prepared(const std::string& path, const std::string& why) {
  return hopeless("stream.not_prepared", path + ": " + why, "headwater init -c FILE");
}

/// Returns true if it is a stream, false if it is still empty.
Result<bool> recognise(Database& database) {
  auto application = database.integer("PRAGMA application_id");
  if (!application) return failed(application);
  auto version = database.integer("PRAGMA user_version");
  if (!version) return failed(version);
  auto tables = database.integer("SELECT count(*) FROM sqlite_schema");
  if (!tables) return failed(tables);
  if (*application == 0 && *version == 0 && *tables == 0) return false;
  if (*application != application_id) {
    return fail(hopeless("stream.other_application",
                         database.path() + " is a SQLite database of another program",
                         "give the stream its own path: stream: { embedded: { path: ... } }"));
  }
  if (*version > file_version) {
    return fail(streams::newer_version(database.path(), std::to_string(*version),
                                       std::to_string(file_version)));
  }
  return true;
}

Result<void> sync_folder(const std::string& path) {
  if (streams::sync_folder_of(path) == 0) return {};
  return fail(
      retry_later("stream.io_error", streams::folder_of(path) + ": cannot sync the folder"));
}

Result<void> set_wal(Database& database) {
  auto mode = database.text("PRAGMA journal_mode=WAL");
  if (!mode) return failed(mode);
  if (*mode == "wal") return {};
  return fail(hopeless("stream.no_wal",
                       database.path() +
                           ": its file system cannot share memory between "
                           "processes, which a stream needs (journal mode " +
                           *mode + ")",
                       "put the stream on a local disk"));
}

/// A user with only read permission can read the file without a running relay only if SQLite's two
/// other files exist. The last connection to close would remove them; this makes it leave them
/// empty, for which it needs a limit.
Result<void> keep_files_beside(Database& database) {
  int keep = 1;
  sqlite3_file_control(database.handle(), "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
  return database.execute("PRAGMA journal_size_limit=16777216");
}

ino_t inode_of(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 ? found.st_ino : 0;
}

}  // namespace

Result<bool> create_file(const std::string& path) {
  auto database = Database::open(path, Open::create, Origin::stream);
  if (!database) return failed(database);
  if (auto kept = keep_files_beside(*database); !kept) return failed(kept);
  auto found = recognise(*database);
  if (!found) return failed(found);
  if (*found) return false;
  // These three only take effect before the first page is written.
  auto ready = database->execute(
      "PRAGMA page_size=8192; PRAGMA auto_vacuum=INCREMENTAL; PRAGMA encoding='UTF-8'");
  if (ready) ready = set_wal(*database);
  if (ready) ready = database->execute("PRAGMA synchronous=FULL");
  if (!ready) return failed(ready);
  bool created = false;
  auto made = database->transaction("IMMEDIATE", [&]() -> Result<void> {
    auto meanwhile = recognise(*database);
    if (!meanwhile) return failed(meanwhile);
    if (*meanwhile) return {};
    created = true;
    return database->execute(std::string(schema) +
                             "PRAGMA application_id=" + std::to_string(application_id) +
                             ";PRAGMA user_version=" + std::to_string(file_version));
  });
  if (made) made = sync_folder(path);
  if (!made) return failed(made);
  return created;
}

Result<Database> open_file(const std::string& path, Open mode, Milliseconds busy) {
  if (std::error_code none; !std::filesystem::exists(path, none) && !none) {
    return fail(not_prepared(path, "the file does not exist"));
  }
  auto database = Database::open(path, mode, Origin::stream, busy);
  if (!database) return database;
  if (auto kept = keep_files_beside(*database); !kept) return failed(kept);
  auto found = recognise(*database);
  if (!found) return failed(found);
  if (!*found) return fail(not_prepared(path, "the file is empty"));
  return database;
}

Result<Database> open_for_append(const std::string& path, Milliseconds busy) {
  auto database = open_file(path, Open::read_write, busy);
  if (!database) return database;
  // A copy made by VACUUM INTO comes without WAL.
  auto ready = set_wal(*database);
  // The writer does checkpoints itself (Writer::checkpoint). Freed space need not be wiped if that
  // costs extra writes.
  if (ready) {
    ready = database->execute(
        "PRAGMA synchronous=FULL; PRAGMA cache_size=-8192; PRAGMA wal_autocheckpoint=0;"
        "PRAGMA secure_delete=FAST");
  }
  if (!ready) return failed(ready);
  return database;
}

Result<std::int64_t> life_of(Database& database) {
  return database.integer("SELECT value FROM stream WHERE key = 'life'");
}

Result<void> still_in_place(Database& database) {
  const sqlite::Files files = database.files();
  if (files == sqlite::Files::in_place) return {};
  const std::string& path = database.path();
  if (files == sqlite::Files::torn) {
    // Opening it again repairs it: this connection's commits go into the file when it is closed; if
    // not, the tail shows it.
    return fail(retry_later("stream.file_replaced",
                            path + "-wal or -shm was removed or replaced while in use"));
  }
  if (inode_of(path) == 0) {
    return fail(hopeless("stream.file_missing", path + " was deleted or moved while it was in use",
                         "put the file back, or start a new stream: headwater init -c FILE"));
  }
  return fail(
      retry_later("stream.file_replaced", path + " was replaced by another file while in use"));
}

Error explained(Error error, const std::string& path) {
  if (error.name != "stream.disk_full" && error.name != "stream.io_error") return error;
  std::error_code unknown;
  const auto space = std::filesystem::space(streams::folder_of(path), unknown);
  if (unknown) return error;
  // SQLite reports an I/O error if there is no space for its shared index.
  if (space.available < (1U << 16U)) {
    error.name = "stream.disk_full";
    error.next = "free disk space: df -h " + path;
  }
  error.message += " (" + std::to_string(space.available >> 20U) + " of " +
                   std::to_string(space.capacity >> 20U) + " MiB left on its disk)";
  return error;
}

Result<Usage> usage(Database& database) {
  auto page = database.integer("PRAGMA page_size");
  if (!page) return failed(page);
  auto pages = database.integer("PRAGMA page_count");
  if (!pages) return failed(pages);
  auto free_pages = database.integer("PRAGMA freelist_count");
  if (!free_pages) return failed(free_pages);
  return Usage{.page = static_cast<std::uint64_t>(*page),
               .pages = static_cast<std::uint64_t>(*pages),
               .free_pages = static_cast<std::uint64_t>(*free_pages)};
}

}  // namespace headwater::embedded

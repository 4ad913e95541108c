#include "src/sqlite/database.h"

#include <sys/stat.h>

#include <utility>

#include "src/base/quoted.h"

namespace headwater::sqlite {
namespace {

struct Reading {
  const char* name;
  Remedy remedy;
  const char* next;
};

Reading reading_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {"locked", Remedy::retry, "find the program that locks the file: fuser -v FILE"};
    case SQLITE_SCHEMA:
      return {"schema_changing", Remedy::retry,
              "another program keeps changing the schema; run it again"};
    case SQLITE_FULL:
      return {"disk_full", Remedy::retry, "free disk space: df -h FILE"};
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT:
    case SQLITE_PROTOCOL:
      return {"io_error", Remedy::retry, "check the system log for disk errors: dmesg | tail"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {"read_only", Remedy::stop,
              "give this user write permission for the file and its folder: ls -ld FILE"};
    case SQLITE_CANTOPEN:
      return {"cannot_open", Remedy::stop, "check the path and its permissions: ls -l FILE"};
    case SQLITE_NOTADB:
      return {"not_a_database", Remedy::stop, "check the path: file FILE"};
    case SQLITE_CORRUPT:
      return {"corrupt", Remedy::stop, "sqlite3 FILE 'PRAGMA integrity_check'"};
    case SQLITE_TOOBIG:
      return {"too_big", Remedy::stop, ""};
    default:
      return {"sql_error", Remedy::stop, ""};
  }
}

std::string with_path(std::string next, const std::string& path) {
  if (const auto at = next.find("FILE"); at != std::string::npos) next.replace(at, 4, path);
  return next;
}

const char* prefix_of(Origin origin) {
  switch (origin) {
    case Origin::source:
      return "source.";
    case Origin::stream:
      return "stream.";
    case Origin::target:
      return "target.";
    case Origin::usage:
      break;
  }
  return "sqlite.";
}

}  // namespace

Error to_error(int code, const std::string& detail, const std::string& path, Origin origin) {
  const Reading reading = reading_of(code);
  return Error{.remedy = reading.remedy,
               .origin = origin,
               .name = std::string(prefix_of(origin)) + reading.name,
               .message = path + ": " + detail,
               .next = with_path(reading.next, path)};
}

Statement& Statement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(handle_.get(), index + 1, value);
  return *this;
}

Statement& Statement::bind_real(int index, double value) {
  sqlite3_bind_double(handle_.get(), index + 1, value);
  return *this;
}

Statement& Statement::bind_text(int index, std::string_view bytes) {
  // A null pointer would bind NULL.
  sqlite3_bind_text64(handle_.get(), index + 1, bytes.data() == nullptr ? "" : bytes.data(),
                      bytes.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind_blob(int index, std::string_view bytes) {
  sqlite3_bind_blob64(handle_.get(), index + 1, bytes.data() == nullptr ? "" : bytes.data(),
                      bytes.size(), SQLITE_STATIC);
  return *this;
}

Statement& Statement::bind_null(int index) {
  sqlite3_bind_null(handle_.get(), index + 1);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(handle_.get());
    return false;
  }
  sqlite3* database = sqlite3_db_handle(handle_.get());
  Error error =
      to_error(sqlite3_extended_errcode(database), sqlite3_errmsg(database), *path_, origin_);
  sqlite3_reset(handle_.get());
  return fail(std::move(error));
}

Result<void> Statement::run() {
  for (;;) {
    auto row = step();
    if (!row) return failed(row);
    if (!*row) return {};
  }
}

void Statement::reset() {
  sqlite3_reset(handle_.get());
  sqlite3_clear_bindings(handle_.get());
}

std::string_view Statement::bytes(int column) const {
  // Text first: sqlite3_column_blob of an integer would convert it, text of a blob would not.
  const void* data = type(column) == SQLITE_BLOB
                         ? sqlite3_column_blob(handle_.get(), column)
                         : static_cast<const void*>(sqlite3_column_text(handle_.get(), column));
  const int size = sqlite3_column_bytes(handle_.get(), column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

Database::Database(sqlite3* handle, std::string path, Origin origin)
    : handle_(handle), path_(std::make_unique<std::string>(std::move(path))), origin_(origin) {}

Error Database::error(int code) const {
  return to_error(code, sqlite3_errmsg(handle_.get()), *path_, origin_);
}

Result<Database> Database::open(const std::string& path, Open mode, Origin origin,
                                Milliseconds busy) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (mode == Open::read_only) flags |= SQLITE_OPEN_READONLY;
  if (mode != Open::read_only) flags |= SQLITE_OPEN_READWRITE;
  if (mode == Open::create) flags |= SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  Database database(handle, path, origin);
  if (handle == nullptr) return fail(to_error(SQLITE_NOMEM, "out of memory", path, origin));
  if (code != SQLITE_OK) return fail(database.error(code));
  database.set_busy(busy);
  // Opening is lazy: only the first read shows that the file is not a database.
  if (auto version = database.integer("PRAGMA schema_version"); !version) {
    return failed(version);
  }
  (void)database.files();  // records the -wal
  return database;
}

void Database::set_busy(Milliseconds busy) {
  busy_ = busy;
  sqlite3_busy_timeout(handle_.get(), static_cast<int>(busy.count()));
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return fail(error(sqlite3_extended_errcode(handle_.get())));
  return Statement(handle, path_.get(), origin_);
}

Result<void> Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(error(sqlite3_extended_errcode(handle_.get())));
  return {};
}

Result<std::int64_t> Database::integer(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return failed(statement);
  auto row = statement->step();
  if (!row) return failed(row);
  return *row ? statement->integer(0) : 0;
}

Result<std::string> Database::text(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return failed(statement);
  auto row = statement->step();
  if (!row) return failed(row);
  return *row ? std::string(statement->bytes(0)) : std::string();
}

Result<Statement*> Database::kept(const std::string& sql) {
  Statement& statement = kept_[sql];
  if (!statement) {
    auto prepared = prepare(sql);
    if (!prepared) return failed(prepared);
    statement = std::move(*prepared);
  }
  return &statement;
}

Result<void> Database::run_kept(const std::string& sql) {
  auto statement = kept(sql);
  if (!statement) return failed(statement);
  return (*statement)->run();
}

Result<std::int64_t> Database::integer_again(const std::string& sql) {
  auto statement = kept(sql);
  if (!statement) return failed(statement);
  auto row = (*statement)->step();
  if (!row) return failed(row);
  const std::int64_t value = *row ? (*statement)->integer(0) : 0;
  (*statement)->reset();
  return value;
}

Result<void> Database::transaction(std::string_view kind,
                                   const std::function<Result<void>()>& body) {
  if (!kind.empty()) {
    // If this connection has not read the current schema, it is read here, before others wait for
    // the lock: with many tables that takes a while.
    if (auto read = integer_again("SELECT 1 FROM main.sqlite_schema LIMIT 1"); !read) {
      return failed(read);
    }
  }
  if (auto begun = run_kept("BEGIN " + std::string(kind)); !begun) return begun;
  auto result = body();
  if (result) result = run_kept("COMMIT");
  // A failed statement may have rolled back by itself already.
  if (!result && sqlite3_get_autocommit(handle_.get()) == 0) {
    sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
  return result;
}

/// The -wal in WAL mode; else the rollback journal, which is not open between transactions.
sqlite3_file* Database::journal() const {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER,
                       static_cast<void*>(&file));
  return file == nullptr || file->pMethods == nullptr ? nullptr : file;
}

std::optional<Database::Beside> Database::beside(const char* suffix) const {
  const char* name = sqlite3_db_filename(handle_.get(), "main");
  struct stat found {};
  if (name == nullptr || ::stat((std::string(name) + suffix).c_str(), &found) != 0) return {};
  return Beside{.device = found.st_dev, .inode = found.st_ino};
}

Files Database::files() {
  int moved = 0;
  sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (moved != 0) return Files::moved;
  if (journal() == nullptr) {
    wal_.reset();
    shm_.reset();
    return Files::in_place;
  }
  const auto same = [&](std::optional<Beside>& known, const char* suffix) {
    const auto now = beside(suffix);
    if (!known) known = now;
    return known == now;
  };
  return same(wal_, "-wal") && same(shm_, "-shm") ? Files::in_place : Files::torn;
}

Result<void> Database::sync_commits() {
  sqlite3_file* file = journal();
  if (file == nullptr) {
    // Between transactions the database's own file holds the commits.
    sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_FILE_POINTER,
                         static_cast<void*>(&file));
  }
  if (file == nullptr || file->pMethods == nullptr) return {};
  const int code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
  if (code != SQLITE_OK) return fail(to_error(code, "cannot sync the file", *path_, origin_));
  return {};
}

std::string quote_name(std::string_view name) { return quoted(name, '"'); }

std::string quote_text(std::string_view text) { return quoted(text, '\''); }

}  // namespace headwater::sqlite

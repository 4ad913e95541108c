// A thin wrapper of SQLite's C interface that returns errors, for the source and the embedded
// stream.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "src/base/clock.h"
#include "src/base/error.h"

namespace headwater::sqlite {

/// `PRAGMA application_id` of an embedded stream's file: "HWES".
inline constexpr std::int64_t stream_application_id = 0x48574553;

/// Converts a SQLite result code to an Error. The origin is the connection's.
[[nodiscard]] Error to_error(int code, const std::string& detail, const std::string& path,
                             Origin origin);

/// A prepared statement. One thread; must not outlive its Database. Parameters and columns count
/// from 0.
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3_stmt* handle, const std::string* path, Origin origin)
      : handle_(handle), path_(path), origin_(origin) {}

  Statement& bind(int index, std::int64_t value);
  Statement& bind_real(int index, double value);
  /// The bytes must live until the statement is reset.
  Statement& bind_text(int index, std::string_view bytes);
  Statement& bind_blob(int index, std::string_view bytes);
  // A temporary would be destroyed before the statement runs.
  Statement& bind_text(int index, std::string&& bytes) = delete;
  Statement& bind_blob(int index, std::string&& bytes) = delete;
  Statement& bind_null(int index);

  /// Returns true if there is a row, false at the end (and resets).
  Result<bool> step();
  /// Steps to the end, ignoring rows, and resets.
  Result<void> run();
  /// Ends a read that was not stepped to its end, and clears the bindings.
  void reset();

  [[nodiscard]] int columns() const { return sqlite3_column_count(handle_.get()); }
  [[nodiscard]] int type(int column) const { return sqlite3_column_type(handle_.get(), column); }
  [[nodiscard]] std::int64_t integer(int column) const {
    return sqlite3_column_int64(handle_.get(), column);
  }
  [[nodiscard]] double real(int column) const {
    return sqlite3_column_double(handle_.get(), column);
  }
  /// Text or blob, byte for byte; valid until the next step or reset.
  [[nodiscard]] std::string_view bytes(int column) const;
  /// The same of a column that holds text or NULL: faster.
  [[nodiscard]] std::string_view text(int column) const {
    // The value once, as no other thread uses the connection. Text before bytes, as SQLite wants it.
    sqlite3_value* const value = sqlite3_column_value(handle_.get(), column);
    const void* const data = sqlite3_value_text(value);
    if (data == nullptr) return {};
    return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_value_bytes(value))};
  }
  [[nodiscard]] bool is_null(int column) const { return type(column) == SQLITE_NULL; }
  [[nodiscard]] explicit operator bool() const { return handle_ != nullptr; }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  const std::string* path_ = nullptr;
  Origin origin_ = Origin::usage;
};

/// The state of the files that a connection has open.
enum class Files {
  in_place,
  moved,  ///< Another file is at the database's path, or none.
  torn,   ///< The same for its -wal or -shm: other connections do not see this one's data.
};

enum class Open { read_only, read_write, create };

/// One connection. One thread at a time.
class Database {
 public:
  /// Waits `busy` for other users' locks. Fails for a missing file (unless create), a file that is
  /// not a database, or missing permissions.
  static Result<Database> open(const std::string& path, Open mode, Origin origin,
                               Milliseconds busy = Milliseconds(5000));

  Result<Statement> prepare(std::string_view sql);
  /// One or more statements, rows ignored.
  Result<void> execute(const std::string& sql);
  /// The first column of the first row; 0 or "" if there is none or it is NULL.
  Result<std::int64_t> integer(std::string_view sql);
  Result<std::string> text(std::string_view sql);
  /// integer() of a constant text that is asked again and again: prepared once, and kept.
  Result<std::int64_t> integer_again(const std::string& sql);

  /// BEGIN <kind>, body, COMMIT; ROLLBACK if the body or the commit fails. `kind` is "",
  /// "IMMEDIATE" or "EXCLUSIVE"; for the last two, the schema is read before the lock is taken.
  /// Statements that the body stepped must be at their end or reset when it returns.
  Result<void> transaction(std::string_view kind, const std::function<Result<void>()>& body);

  /// Syncs what other connections have committed to stable storage, whatever their `synchronous`
  /// setting, so that a power failure cannot undo what was read. Not inside a transaction.
  Result<void> sync_commits();

  /// Checks whether the files at the path are still the open ones; takes a few microseconds. SQLite
  /// itself removes the -wal and the -shm only when no connection has them open.
  Files files();

  /// How long to wait for other users' locks from now on. Fails with retry, `*.locked`, after that.
  void set_busy(Milliseconds busy);
  [[nodiscard]] Milliseconds busy() const { return busy_; }

  [[nodiscard]] std::int64_t changes() const { return sqlite3_changes64(handle_.get()); }
  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
  [[nodiscard]] const std::string& path() const { return *path_; }
  [[nodiscard]] Origin origin() const { return origin_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  Database(sqlite3* handle, std::string path, Origin origin);
  [[nodiscard]] Error error(int code) const;
  /// Prepared the first time. Its user leaves it at its end or reset.
  Result<Statement*> kept(const std::string& sql);
  Result<void> run_kept(const std::string& sql);
  [[nodiscard]] sqlite3_file* journal() const;

  /// A file next to the database, as first seen open.
  struct Beside {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    bool operator==(const Beside&) const = default;
  };
  [[nodiscard]] std::optional<Beside> beside(const char* suffix) const;

  std::unique_ptr<sqlite3, Close> handle_;
  std::unique_ptr<std::string> path_;  // on the heap: statements point to it
  Origin origin_ = Origin::usage;
  Milliseconds busy_{0};
  std::optional<Beside> wal_;
  std::optional<Beside> shm_;
  std::map<std::string, Statement> kept_;
};

/// An SQL identifier or string literal, quoted.
[[nodiscard]] std::string quote_name(std::string_view name);
[[nodiscard]] std::string quote_text(std::string_view text);

}  // namespace headwater::sqlite

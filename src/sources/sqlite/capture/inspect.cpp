#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "src/sources/sqlite/capture/capture.h"
#include "src/sources/sqlite/capture/catalog.h"
#include "src/sources/sqlite/capture/log_rows.h"
#include "src/sources/sqlite/capture/log_tables.h"
#include "src/sources/sqlite/capture/readable.h"
#include "src/sources/sqlite/capture/repair_plan.h"
#include "src/sources/sqlite/capture/rows.h"
#include "src/sources/sqlite/capture/trigger_sql.h"

namespace headwater::sqlite {
namespace {

using Kind = Finding::Kind;

/// If one relay holds back this much of the log, the report notes it.
constexpr std::int64_t many_rows = 1'000'000;
constexpr std::uint64_t little_room = 256ULL << 20U;

class Check {
 public:
  Check(Database& database, const CaptureRequest& request)
      : database_(database), request_(request) {}

  Report run() {
    const auto note_error = [&](const Result<void>& result) {
      if (!result) report_.push_back(problem(result.error()));
    };
    note_error(permissions());
    note_error(journal());
    room();
    bool ready = false;
    note_error(log(ready));
    if (!ready) return std::move(report_);
    note_error(tables());
    note_error(relays());
    return std::move(report_);
  }

 private:
  void say(Kind kind, std::string what, std::string next = {}) {
    report_.push_back({kind, std::move(what), std::move(next)});
  }

  Result<void> permissions() {
    const bool read_only = sqlite3_db_readonly(database_.handle(), "main") == 1;
    if (::access(database_.path().c_str(), W_OK) != 0 || read_only) {
      say(Kind::problem, database_.path() + " cannot be written to",
          "give the user that runs Headwater write permission for the file and its folder");
      return {};
    }
    const auto folder = std::filesystem::absolute(database_.path()).parent_path();
    if (::access(folder.c_str(), W_OK) != 0) {
      say(Kind::problem, "the folder " + folder.string() + " cannot be written to",
          "SQLite creates its journal there; give the user write permission");
      return {};
    }
    say(Kind::ok, database_.path() + " can be read and written");
    return {};
  }

  Result<void> journal() {
    auto mode = database_.text("PRAGMA main.journal_mode");
    if (!mode) return failed(mode);
    if (*mode == "wal") {
      say(Kind::ok, "journal mode: WAL");
    } else if (*mode == "off" || *mode == "memory") {
      say(Kind::problem, "journal mode: " + *mode + " (a crash can corrupt the database)",
          "sqlite3 " + database_.path() + " 'PRAGMA journal_mode = WAL'");
    } else {
      say(Kind::note, "journal mode: " + *mode + " (readers and writers wait for each other)",
          "sqlite3 " + database_.path() + " 'PRAGMA journal_mode = WAL'");
    }
    return {};
  }

  void room() {
    struct statvfs disk {};
    if (::statvfs(database_.path().c_str(), &disk) != 0) return;
    const std::uint64_t free = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
    const std::string what = std::to_string(free >> 20U) + " MiB free beside " + database_.path();
    if (free < little_room) {
      say(Kind::problem, what, "free disk space; the log grows while the stream is down");
    } else {
      say(Kind::ok, what);
    }
  }

  Result<void> log(bool& ready) {
    auto state = log_state(database_);
    if (!state) return failed(state);
    if (*state != LogState::ready) return fail(log_error(*state, database_));
    auto least = database_.integer("SELECT min(seq) FROM _headwater_log");
    if (!least) return failed(least);
    auto head = log_head(database_);
    if (!head) return failed(head);
    head_ = *head;
    say(Kind::ok, "change log: " + std::to_string(head_ == 0 ? 0 : head_ - *least + 1) +
                      " rows, the newest " + std::to_string(head_));
    ready = true;
    return {};
  }

  Result<void> tables() {
    auto schema = load_schema(database_);
    if (!schema) return failed(schema);
    schema_ = std::move(*schema);
    auto captured = load_captured(database_);
    if (!captured) return failed(captured);
    for (const auto& one : *captured) captured_.emplace(one.table, one);
    auto shapes = load_shapes(database_);
    if (!shapes) return failed(shapes);
    for (auto& shape : *shapes) shapes_.emplace(shape.id, std::move(shape));
    for (const auto& table : schema_.tables) {
      if (!asks_for(request_.tables, table.name)) continue;
      if (auto done = one_table(table); !done) return done;
    }
    if (!request_.tables) return {};
    for (const auto& name : *request_.tables) {
      if (schema_.table(name) != nullptr) continue;
      say(Kind::problem, "there is no table " + name, "correct `tables` in the configuration");
    }
    return {};
  }

  /// If all tables are requested, views and virtual tables are skipped with a note.
  void uncaptured(const Candidate& table, const std::string& why) {
    const bool may =
        !request_.tables && (!table.ordinary || has_name(request_.allow_uncaptured, table.name));
    std::string next;
    if (!may) {
      next = request_.tables ? "remove it from the list"
                             : "change the table, or name it in allow_uncaptured";
    }
    say(may ? Kind::note : Kind::problem, "table " + table.name + " is not captured: " + why, next);
  }

  Result<void> one_table(const Candidate& table) {
    const auto at = captured_.find(table.name);
    const auto shape = at == captured_.end() ? shapes_.end() : shapes_.find(at->second.shape);
    const bool nulls =
        shape != shapes_.end() && (shape->second.by_rowid || at->second.nulls == KeyNulls::found);
    auto found = inspect_table(database_, schema_, table.name, nulls);
    if (!found) return failed(found);
    if (!found->why_not.empty()) {
      uncaptured(table, found->why_not);
    } else if (shape == shapes_.end()) {
      say(Kind::problem, "table " + table.name + " is not captured yet",
          "headwater init -c FILE (a running relay does it by itself, with `tables: all`)");
    } else {
      armed_table(shape->second, found->table);
    }
    return {};
  }

  void armed_table(const Shape& shape, const TableInfo& table) {
    const auto found = compare(schema_, shape, table, pair_fits(database_, table.width()));
    if (found.rearm()) {
      say(Kind::problem, "table " + table.name + ": its schema or triggers have been changed",
          "headwater init -c FILE (a running relay does it by itself)");
    } else {
      say(Kind::ok, "table " + table.name + ": captured" + left_out_words(table) +
                        (shape.by_rowid ? " (it has no usable key: its rowid is the key)" : ""));
    }
  }

  Result<void> relays() {
    auto relays = load_relays(database_);
    if (!relays) return failed(relays);
    const auto is_this = [&](const RelayRow& relay) { return relay.name == request_.relay; };
    if (std::ranges::none_of(*relays, is_this)) {
      say(Kind::problem, "relay " + request_.relay + " is not registered",
          "headwater init -c FILE");
    }
    for (const auto& relay : *relays) {
      const std::int64_t behind = head_ - relay.confirmed;
      const std::string what =
          "relay " + relay.name + " holds the last " + std::to_string(behind) + " log rows";
      if (behind > many_rows) {
        say(Kind::problem, what,
            "run it, or remove it: headwater init -c FILE --remove with its configuration");
      } else {
        say(Kind::ok, what);
      }
    }
    return {};
  }

  Database& database_;
  const CaptureRequest& request_;
  Report report_;
  std::int64_t head_ = 0;
  UserSchema schema_;
  ByName<Captured> captured_;
  std::map<std::int64_t, Shape> shapes_;
};

}  // namespace

Report inspect(Database& database, const CaptureRequest& request) {
  return Check(database, request).run();
}

}  // namespace headwater::sqlite

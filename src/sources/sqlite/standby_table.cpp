#include "src/sources/sqlite/standby_table.h"

#include <utility>

#include "src/sources/sqlite/capture/catalog.h"
#include "src/sources/sqlite/capture/log_tables.h"
#include "src/sqlite/database.h"

namespace headwater::sqlite {
namespace {

/// A claim that cannot be renewed at once is renewed the next time.
constexpr Milliseconds patience{500};

/// As sqlite_schema has it.
constexpr const char* definition =
    "CREATE TABLE _headwater_standby(relay TEXT PRIMARY KEY, holder, beat) WITHOUT ROWID";

/// Whether the table is there and ours. Fails if another program's is.
Result<bool> is_there(Database& database) {
  auto sql =
      database.text("SELECT sql FROM main.sqlite_schema WHERE name = " + quote_text(standby_table));
  if (!sql) return failed(sql);
  if (*sql == definition) return true;
  if (sql->empty()) return false;
  return fail(log_error(LogState::taken, database));
}

class StandbyRow final : public sources::SyncStore {
 public:
  StandbyRow(Database database, std::string relay)
      : database_(std::move(database)), relay_(std::move(relay)) {}

  Result<std::optional<sources::SyncRecord>> read() override {
    auto row =
        database_.prepare("SELECT holder, beat FROM main._headwater_standby WHERE relay = ?1");
    if (!row) return failed(row);
    row->bind_text(0, relay_);
    auto found = row->step();
    if (!found) return failed(found);
    if (!*found || row->type(0) != SQLITE_TEXT || row->type(1) != SQLITE_INTEGER) {
      return std::optional<sources::SyncRecord>();
    }
    return std::optional(
        sources::SyncRecord{.holder = std::string(row->bytes(0)), .beat = row->integer(1)});
  }

  Result<bool> replace(const std::optional<sources::SyncRecord>& seen,
                       const sources::SyncRecord& next) override {
    return seen ? update(*seen, next) : insert(next);
  }

  Result<void> remove(const sources::SyncRecord& seen) override {
    auto statement = database_.prepare(
        "DELETE FROM main._headwater_standby WHERE relay = ?1 AND holder = ?2 AND beat = ?3");
    if (!statement) return failed(statement);
    statement->bind_text(0, relay_).bind_text(1, seen.holder).bind(2, seen.beat);
    return statement->run();
  }

 private:
  Result<bool> update(const sources::SyncRecord& seen, const sources::SyncRecord& next) {
    auto statement = database_.prepare(
        "UPDATE main._headwater_standby SET holder = ?1, beat = ?2 "
        "WHERE relay = ?3 AND holder = ?4 AND beat = ?5");
    if (!statement) return failed(statement);
    statement->bind_text(0, next.holder).bind(1, next.beat).bind_text(2, relay_);
    statement->bind_text(3, seen.holder).bind(4, seen.beat);
    return changed_by(*statement);
  }

  /// In place of a row that says nothing, too.
  Result<bool> insert(const sources::SyncRecord& next) {
    auto statement = database_.prepare(
        "INSERT INTO main._headwater_standby VALUES (?1, ?2, ?3) ON CONFLICT (relay) DO UPDATE SET "
        "holder = excluded.holder, beat = excluded.beat "
        "WHERE typeof(holder) <> 'text' OR typeof(beat) <> 'integer'");
    if (!statement) return failed(statement);
    statement->bind_text(0, relay_).bind_text(1, next.holder).bind(2, next.beat);
    return changed_by(*statement);
  }

  Result<bool> changed_by(Statement& statement) {
    if (auto done = statement.run(); !done) return failed(done);
    return database_.changes() > 0;
  }

  Database database_;
  std::string relay_;
};

class StandbyTable final : public sources::SyncPlace {
 public:
  explicit StandbyTable(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] std::string describe() const override {
    return "table " + std::string(standby_table) + " of " + path_;
  }

  Result<void> prepare() override {
    auto database = connect();
    if (!database) return failed(database);
    return database->transaction("IMMEDIATE", [&]() -> Result<void> {
      auto there = is_there(*database);
      if (!there) return failed(there);
      return *there ? Result<void>() : database->execute(definition);
    });
  }

  Result<void> remove(const std::string& relay) override {
    auto database = connect();
    if (!database) return failed(database);
    auto there = is_there(*database);
    if (!there) return failed(there);
    if (!*there) return {};
    return database->transaction("IMMEDIATE", [&]() -> Result<void> {
      auto statement = database->prepare("DELETE FROM main._headwater_standby WHERE relay = ?1");
      if (!statement) return failed(statement);
      statement->bind_text(0, relay);
      if (auto done = statement->run(); !done) return done;
      auto left = database->integer("SELECT count(*) FROM main._headwater_standby");
      if (!left || *left > 0) return left ? Result<void>() : failed(left);
      return drop_standby_table(*database);
    });
  }

  Result<std::unique_ptr<sources::SyncStore>> open(const std::string& relay) override {
    auto database = connect();
    if (!database) return failed(database);
    auto there = is_there(*database);
    if (!there) return failed(there);
    if (*there) return std::make_unique<StandbyRow>(*std::move(database), relay);
    return fail({.remedy = Remedy::retry,
                 .origin = Origin::source,
                 .name = "hint.not_prepared",
                 .message = path_ + " has no table " + std::string(standby_table),
                 .next = "headwater init -c FILE"});
  }

 private:
  [[nodiscard]] Result<Database> connect() const {
    auto database = Database::open(path_, Open::read_write, Origin::source, patience);
    // A beat that a power cut takes back is no loss. Without a WAL, this is as safe as FULL.
    if (database) {
      if (auto set = database->execute("PRAGMA synchronous = NORMAL"); !set) return failed(set);
    }
    return database;
  }

  std::string path_;
};

}  // namespace

Result<void> drop_standby_table(Database& database) {
  auto there = is_there(database);
  if (!there || !*there) return {};
  return database.execute("DROP TABLE main._headwater_standby");
}

std::unique_ptr<sources::SyncPlace> make_standby_table(std::string path) {
  return std::make_unique<StandbyTable>(std::move(path));
}

}  // namespace headwater::sqlite

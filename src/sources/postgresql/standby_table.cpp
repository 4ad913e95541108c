#include "src/sources/postgresql/standby_table.h"

#include <optional>
#include <utility>

#include "src/base/number_in.h"
#include "src/sources/postgresql/server/connection.h"

namespace headwater::postgresql {
namespace {

using sources::SyncRecord;

/// A claim that cannot be renewed at once is renewed the next time. The server's own limits are
/// shorter, because its answers say more than silence.
constexpr Milliseconds patience{1'500};
constexpr const char* statement_limit = "statement_timeout=1s";
constexpr const char* lock_limit = "lock_timeout=500ms";
/// A beat that a crash takes back is no loss.
constexpr const char* no_sync = "synchronous_commit=off";

constexpr const char* table_name = "headwater.headwater_standby";
/// Whoever makes the table waits for whoever else makes it. Any number that others do not use.
constexpr const char* makers_lock = "SELECT pg_advisory_xact_lock(4713826518301)";
constexpr const char* definition =
    "CREATE UNLOGGED TABLE IF NOT EXISTS headwater.headwater_standby("
    "relay text PRIMARY KEY, holder text, beat bigint)";

/// What there is, and what the user may do with it.
struct Standing {
  std::string user;
  bool recovers = false;  ///< Nobody may write.
  bool makes_schemas = false;
  bool has_schema = false;
  bool owns_schema = false;
  bool makes_tables = false;
  bool has_table = false;
  bool fits = false;  ///< No publication can have it.
  bool owns_table = false;
  bool uses_table = false;
};

// A privilege on what is not there is NULL, and then no flag.
constexpr const char* standing_query =
    "SELECT current_user, pg_is_in_recovery(), "
    "has_database_privilege(current_database(), 'CREATE'), n.oid IS NOT NULL, "
    "pg_has_role(n.nspowner, 'USAGE'), "
    "has_schema_privilege(n.oid, 'CREATE') AND has_schema_privilege(n.oid, 'USAGE'), "
    "c.oid IS NOT NULL, c.relkind = 'r' AND c.relpersistence = 'u', "
    "pg_has_role(c.relowner, 'USAGE'), "
    "has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AND "
    "has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE') AND "
    "has_table_privilege(c.oid, 'DELETE') "
    "FROM (SELECT) one LEFT JOIN pg_namespace n ON n.nspname = 'headwater' "
    "LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'headwater_standby'";

/// What somebody has to type so that the user may claim; empty: nothing.
std::string missing_right(const Standing& standing) {
  const std::string user = quote_name(standing.user);
  if (standing.has_table) {
    if (standing.uses_table) return {};
    return std::string("GRANT USAGE ON SCHEMA headwater TO ") + user +
           "; GRANT SELECT, INSERT, UPDATE, DELETE ON " + table_name + " TO " + user;
  }
  if (standing.has_schema) {
    return standing.makes_tables ? "" : "GRANT USAGE, CREATE ON SCHEMA headwater TO " + user;
  }
  return standing.makes_schemas ? "" : "CREATE SCHEMA headwater AUTHORIZATION " + user;
}

Error refused(const Standing& standing) {
  return {.remedy = Remedy::retry,
          .origin = Origin::source,
          .name = "hint.refused",
          .message = "user " + standing.user + " may not " +
                     (standing.has_table ? "claim to lead in table " : "make table ") + table_name,
          .next = missing_right(standing)};
}

Error not_prepared() {
  return {.remedy = Remedy::retry,
          .origin = Origin::source,
          .name = "hint.not_prepared",
          .message = std::string("there is no table ") + table_name,
          .next = "headwater init -c FILE"};
}

Error taken() {
  return {.remedy = Remedy::retry,
          .origin = Origin::source,
          .name = "hint.name_taken",
          .message = std::string(table_name) + " is not an unlogged table, as Headwater makes it",
          .next = "rename it, then headwater init -c FILE; or, if it is a claim's: ALTER TABLE " +
                  std::string(table_name) + " SET UNLOGGED"};
}

Error in_recovery() {
  return {.remedy = Remedy::retry,
          .origin = Origin::source,
          .name = "source.standby",
          .message = "the server is a standby or in recovery; only a primary keeps claims",
          .next = "name all servers in `uri`, and target_session_attrs=read-write"};
}

/// The table through a connection of its own: that of the changes may be busy for long.
class Claims {
 public:
  explicit Claims(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

  static Result<Claims> connect(const std::string& uri) {
    auto connected = Connection::open({.uri = uri,
                                       .settings = {statement_limit, lock_limit, no_sync},
                                       .connect_patience = patience,
                                       .patience = patience},
                                      {});
    if (connected) return Claims(*std::move(connected));
    Error error = std::move(connected.error());
    error.remedy = Remedy::retry;
    if (error.name == "source.unauthorized") error.name = "hint.refused";
    return fail(std::move(error));
  }

  /// Fails if nobody could claim here, or this user may not.
  Result<Standing> look() {
    auto found = connection_->ask(standing_query, {}, {});
    if (!found) return fail(error_for(std::move(found.error())));
    const Standing standing{.user = found->text(0, 0),
                            .recovers = found->flag(0, 1),
                            .makes_schemas = found->flag(0, 2),
                            .has_schema = found->flag(0, 3),
                            .owns_schema = found->flag(0, 4),
                            .makes_tables = found->flag(0, 5),
                            .has_table = found->flag(0, 6),
                            .fits = found->flag(0, 7),
                            .owns_table = found->flag(0, 8),
                            .uses_table = found->flag(0, 9)};
    if (standing.recovers) return fail(in_recovery());
    if (standing.has_table && !standing.fits) return fail(taken());
    return standing;
  }

  Result<Answer> ask(const std::string& statement, const Parameters& parameters = {}) {
    auto answer = connection_->ask(statement, parameters, {});
    if (!answer) return fail(error_for(std::move(answer.error())));
    return *std::move(answer);
  }

  /// In one transaction.
  Result<void> command(const std::string& statements) {
    auto answer = connection_->command(statements, {});
    return answer ? Result<void>() : fail(error_for(std::move(answer.error())));
  }

  /// Unless something else is in it.
  Result<void> drop_schema() {
    auto dropped = connection_->command("DROP SCHEMA IF EXISTS headwater", {});
    if (dropped || dropped.error().is(state::dependents_exist)) return {};
    return fail(error_for(std::move(dropped.error())));
  }

 private:
  Error error_for(Failure failure) {
    if (failure.is(state::undefined_table)) return not_prepared();
    if (failure.is(state::insufficient_privilege)) {
      auto standing = look();
      if (standing && !missing_right(*standing).empty()) return refused(*standing);
    }
    Error error = std::move(failure.error);
    error.remedy = Remedy::retry;
    error.message = std::string("table ") + table_name + ": " + error.message;
    // The time-out is our own.
    if (failure.is(state::query_canceled)) error.next = "check what the server is busy with";
    return error;
  }

  std::unique_ptr<Connection> connection_;
};

class StandbyRow final : public sources::SyncStore {
 public:
  StandbyRow(Claims table, std::string relay)
      : table_(std::move(table)), relay_(std::move(relay)) {}

  Result<std::optional<SyncRecord>> read() override {
    auto row = table_.ask(
        "SELECT holder, beat FROM headwater.headwater_standby WHERE relay = $1 AND "
        "holder IS NOT NULL AND beat IS NOT NULL",
        {relay_});
    if (!row) return failed(row);
    if (row->rows() == 0) return std::optional<SyncRecord>();
    return std::optional(
        SyncRecord{.holder = row->text(0, 0),
                   .beat = whole_number<std::int64_t>(row->view(0, 1)).value_or(0)});
  }

  /// If another writes the row at the same time, the server looks at it again after that.
  Result<bool> replace(const std::optional<SyncRecord>& seen, const SyncRecord& next) override {
    Parameters values{relay_, next.holder, std::to_string(next.beat)};
    std::string statement =
        "INSERT INTO headwater.headwater_standby AS had VALUES ($1, $2, $3) ON CONFLICT (relay) "
        "DO UPDATE SET holder = excluded.holder, beat = excluded.beat "
        "WHERE had.holder IS NULL OR had.beat IS NULL RETURNING 1";
    if (seen) {
      statement =
          "UPDATE headwater.headwater_standby SET holder = $2, beat = $3 "
          "WHERE relay = $1 AND holder = $4 AND beat = $5 RETURNING 1";
      values.emplace_back(seen->holder);
      values.emplace_back(std::to_string(seen->beat));
    }
    auto changed = table_.ask(statement, values);
    if (!changed) return failed(changed);
    return changed->rows() > 0;
  }

  Result<void> remove(const SyncRecord& seen) override {
    auto removed = table_.ask(
        "DELETE FROM headwater.headwater_standby WHERE relay = $1 AND holder = $2 AND beat = $3",
        {relay_, seen.holder, std::to_string(seen.beat)});
    return removed ? Result<void>() : failed(removed);
  }

 private:
  Claims table_;
  std::string relay_;
};

class StandbyTable final : public sources::SyncPlace {
 public:
  explicit StandbyTable(std::string uri) : uri_(std::move(uri)) {}

  [[nodiscard]] std::string describe() const override {
    return "table " + std::string(table_name) + " of " + without_password(uri_);
  }

  Result<void> prepare() override {
    auto table = Claims::connect(uri_);
    if (!table) return failed(table);
    auto standing = table->look();
    if (!standing) return failed(standing);
    if (!missing_right(*standing).empty()) return fail(refused(*standing));
    if (standing->has_table) return {};
    const std::string schema =
        standing->has_schema ? "" : "CREATE SCHEMA IF NOT EXISTS headwater; ";
    return table->command(std::string(makers_lock) + "; " + schema + definition);
  }

  Result<void> remove(const std::string& relay) override {
    auto table = Claims::connect(uri_);
    if (!table) return failed(table);
    auto standing = table->look();
    if (!standing || !standing->has_table) return standing ? Result<void>() : failed(standing);
    if (!standing->uses_table) return fail(refused(*standing));
    const std::string name(table_name);
    // No claim comes between the look and the drop.
    if (auto begun = table->command("BEGIN; LOCK TABLE " + name); !begun) return begun;
    auto removed = table->ask("DELETE FROM " + name + " WHERE relay = $1", {relay});
    if (!removed) return failed(removed);
    auto left = table->ask("SELECT FROM " + name + " LIMIT 1");
    if (!left) return failed(left);
    const bool drops = left->rows() == 0 && standing->owns_table;
    auto done = table->command(drops ? "DROP TABLE " + name + "; COMMIT" : "COMMIT");
    // A schema that somebody made for the user could not be made again.
    if (!done || !drops || !standing->owns_schema || !standing->makes_schemas) return done;
    return table->drop_schema();
  }

  Result<std::unique_ptr<sources::SyncStore>> open(const std::string& relay) override {
    auto table = Claims::connect(uri_);
    if (!table) return failed(table);
    auto standing = table->look();
    if (!standing) return failed(standing);
    if (!missing_right(*standing).empty()) return fail(refused(*standing));
    if (!standing->has_table) return fail(not_prepared());
    return std::make_unique<StandbyRow>(*std::move(table), relay);
  }

 private:
  std::string uri_;
};

}  // namespace

std::unique_ptr<sources::SyncPlace> make_standby_table(std::string uri) {
  return std::make_unique<StandbyTable>(std::move(uri));
}

}  // namespace headwater::postgresql

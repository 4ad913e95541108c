#include "src/sources/sqlite/capture/repair.h"

#include <algorithm>
#include <vector>

#include "src/sources/sqlite/capture/catalog.h"
#include "src/sources/sqlite/capture/log_tables.h"
#include "src/sources/sqlite/capture/readable.h"
#include "src/sources/sqlite/capture/rows.h"
#include "src/sources/sqlite/capture/table_info.h"
#include "src/sources/sqlite/capture/trigger_sql.h"

namespace headwater::sqlite {
namespace {

/// Log rows that are looked through for doubtful ones; behind more of them, all are doubtful.
constexpr std::int64_t most_rows_searched = 20000;

struct SchemaTrigger {
  std::string name;
  std::string table;
  std::string sql;
  std::int64_t place = 0;  // the greater, the later it was made
  [[nodiscard]] bool ours() const { return name.starts_with("_headwater_"); }
};

Result<std::vector<SchemaTrigger>> load_triggers(Database& database) {
  std::vector<SchemaTrigger> triggers;
  auto rows = database.prepare(
      "SELECT name, tbl_name, sql, rowid FROM main.sqlite_schema WHERE type = 'trigger'");
  if (!rows) return failed(rows);
  auto done = for_each_row(*rows, [&](const Statement& row) {
    triggers.push_back({text_at(row, 0), text_at(row, 1), text_at(row, 2), row.integer(3)});
  });
  if (!done) return failed(done);
  return triggers;
}

std::string columns_and_key(const TableInfo& table) {
  std::string key;
  for (const auto& name : table.key_names()) key.append(key.empty() ? "" : ", ").append(name);
  return std::to_string(table.columns.size()) +
         (table.columns.size() == 1 ? " column" : " columns") + ", key " + key +
         left_out_words(table);
}

/// What has become of a captured table.
struct Comparison {
  bool columns_differ = false;
  bool key_differs = false;
  bool triggers_missing = false;
  bool triggers_stale = false;
  bool rule_unknown = false;
  bool renumbered = false;

  [[nodiscard]] bool new_shape() const { return columns_differ || key_differs; }
  [[nodiscard]] bool clean() const {
    return !new_shape() && !triggers_missing && !triggers_stale && !renumbered;
  }
};

class Repair {
 public:
  Repair(Database& database, const RepairOptions& options)
      : database_(database), options_(options) {}

  Result<RepairResult> run();

 private:
  Result<void> load();
  Result<void> mend(const Captured& captured);
  Result<void> let_go(const Captured& captured, const std::string& why);
  Result<void> table_gone(const Captured& captured, const std::string& what);
  Result<void> give_up(const Captured& captured, const std::string& why);
  Result<void> renew(const Captured& captured, const TableInfo& table, const Comparison& found);
  Result<void> capture(const std::string& name);

  [[nodiscard]] Comparison compare(const Shape& shape, const TableInfo& table) const;
  [[nodiscard]] const SchemaTrigger* trigger_named(const std::string& name) const;
  [[nodiscard]] bool wanted(const std::string& table) const;
  Result<bool> written_since(std::int64_t shape);
  Result<void> disarm(std::int64_t shape);
  Result<std::string> arm(const TableInfo& table, std::int64_t shape);
  bool compiles(const TableInfo& table, std::string& why);
  void did(std::string what) {
    changed_ = true;
    report_.push_back({Finding::Kind::ok, std::move(what), {}});
  }
  void refuse(const std::string& name, const std::string& why);

  Database& database_;
  const RepairOptions& options_;
  std::vector<RelayRow> relays_;
  std::vector<Candidate> tables_;
  std::vector<Captured> captured_;
  std::vector<SchemaTrigger> triggers_;
  bool renumbered_ = false;
  bool changed_ = false;
  Report report_;
};

Result<void> Repair::load() {
  auto relays = load_relays(database_);
  if (!relays) return failed(relays);
  relays_ = std::move(*relays);
  auto tables = list_tables(database_);
  if (!tables) return failed(tables);
  tables_ = std::move(*tables);
  auto captured = load_captured(database_);
  if (!captured) return failed(captured);
  captured_ = std::move(*captured);
  auto triggers = load_triggers(database_);
  if (!triggers) return failed(triggers);
  triggers_ = std::move(*triggers);
  auto renumbered = rowids_renumbered(database_);
  if (!renumbered) return failed(renumbered);
  renumbered_ = *renumbered;
  return {};
}

bool Repair::wanted(const std::string& table) const {
  return std::ranges::any_of(relays_, [&](const auto& relay) { return relay.wants(table); });
}

const SchemaTrigger* Repair::trigger_named(const std::string& name) const {
  const auto at = std::ranges::find(triggers_, name, &SchemaTrigger::name);
  return at == triggers_.end() ? nullptr : &*at;
}

Result<RepairResult> Repair::run() {
  if (auto loaded = load(); !loaded) return failed(loaded);
  const auto renew = meta_integer(database_, "renew");
  if (!renew) return fail(renew.error());
  for (const auto& captured : captured_) {
    if (auto mended = mend(captured); !mended) return failed(mended);
  }
  auto now = load_captured(database_);  // a renamed table is new under its new name
  if (!now) return failed(now);
  for (const auto& table : tables_) {
    if (!table.why_not.empty() || !wanted(table.name)) continue;
    const auto is_this = [&](const Captured& c) { return same_name(c.table, table.name); };
    if (std::ranges::any_of(*now, is_this)) continue;
    if (auto done = capture(table.name); !done) return failed(done);
  }
  if (!changed_ && *renew == 0) return RepairResult{std::move(report_), false};
  auto head = log_head(database_);
  if (!head) return failed(head);
  if (auto set = set_meta(database_, "sure", *head); !set) return failed(set);
  if (auto set = set_meta(database_, "renew", 0); !set) return failed(set);
  auto swept = database_.execute("DELETE FROM _headwater_stash");
  if (!swept) return failed(swept);
  return RepairResult{std::move(report_), changed_};
}

Comparison Repair::compare(const Shape& shape, const TableInfo& table) const {
  Comparison found;
  found.columns_differ = table.column_names() != *shape.columns;
  found.key_differs = table.by_rowid != shape.by_rowid || table.key_names() != *shape.key_columns ||
                      table.collations != shape.collations;
  found.renumbered = renumbered_ && shape.by_rowid;
  std::int64_t oldest = INT64_MAX;
  for (const auto& wanted : triggers_for(table, shape.id, pair_fits(database_, table.width()))) {
    const auto* there = trigger_named(wanted.name);
    if (there == nullptr) {
      found.triggers_missing = true;
      continue;
    }
    oldest = std::min(oldest, there->place);
    found.triggers_stale = found.triggers_stale || there->sql != wanted.sql;
  }
  for (const auto& other : triggers_) {  // ours are to fire first
    if (!other.ours() && same_name(other.table, table.name) && other.place > oldest) {
      found.triggers_stale = true;
    }
  }
  if (const auto* guard = trigger_named(trigger_prefix(shape.id) + "guard_insert")) {
    for (const auto& rule : conflicts(table)) {
      found.rule_unknown = found.rule_unknown || guard->sql.find(rule) == std::string::npos;
    }
  }
  return found;
}

Result<void> Repair::mend(const Captured& captured) {
  const std::string prefix = trigger_prefix(captured.shape);
  for (const auto& trigger : triggers_) {
    if (trigger.name.starts_with(prefix) && !same_name(trigger.table, captured.table)) {
      return table_gone(captured, "was renamed to " + trigger.table);
    }
  }
  const auto table = std::ranges::find_if(
      tables_, [&](const Candidate& c) { return same_name(c.name, captured.table); });
  if (table == tables_.end()) return table_gone(captured, "was dropped");
  if (!table->why_not.empty()) return table_gone(captured, "is no table any more");
  if (!wanted(table->name)) return let_go(captured, "no relay asks for it");

  auto shape = load_shape(database_, captured.shape);
  if (!shape) return failed(shape);
  auto now = inspect(database_, table->name, shape->by_rowid);
  if (!now) return failed(now);
  if (!now->why_not.empty()) return give_up(captured, now->why_not);
  const Comparison found = compare(*shape, now->table);
  if (found.clean()) return {};
  return renew(captured, now->table, found);
}

/// Nobody wants it: no more is logged, and nothing is said.
Result<void> Repair::let_go(const Captured& captured, const std::string& why) {
  did("table " + captured.table + ": no longer captured, " + why);
  if (auto done = disarm(captured.shape); !done) return done;
  return forget_captured(database_, captured.table);
}

Result<void> Repair::table_gone(const Captured& captured, const std::string& what) {
  did("table " + captured.table + " " + what);
  if (auto done = disarm(captured.shape); !done) return done;
  if (auto done = log_drop(database_, captured.shape); !done) return done;
  return forget_captured(database_, captured.table);
}

Result<void> Repair::give_up(const Captured& captured, const std::string& why) {
  changed_ = true;
  report_.push_back({Finding::Kind::problem,
                     "table " + captured.table + " can no longer be captured: " + why,
                     "change the table, or take it from the configuration, then headwater init"});
  if (auto done = disarm(captured.shape); !done) return done;
  auto logged =
      log_gap(database_, captured.shape, "cannot be captured: " + why, options_.sure, false);
  if (!logged) return logged;
  return forget_captured(database_, captured.table);
}

Result<void> Repair::renew(const Captured& captured, const TableInfo& table,
                           const Comparison& found) {
  std::int64_t shape = captured.shape;
  if (found.new_shape()) {
    auto added = add_shape(database_, table);
    if (!added) return failed(added);
    shape = *added;
  }
  auto written = written_since(captured.shape);
  if (!written) return failed(written);
  std::string reason;
  if (found.renumbered) reason = "VACUUM has renumbered the rows";
  if (found.rule_unknown && *written) reason = "a unique index was added";
  if (found.key_differs) reason = "the key was changed";
  if (found.triggers_missing) reason = "the table was made anew or its triggers were dropped";
  const bool doubtful = !reason.empty();
  if (reason.empty() && found.columns_differ) reason = "the columns were changed";

  if (found.new_shape() || found.triggers_missing || found.triggers_stale) {
    if (auto done = disarm(captured.shape); !done) return done;
    auto armed = arm(table, shape);
    if (!armed) return failed(armed);
    if (!armed->empty()) return give_up(captured, *armed);
    if (auto set = set_captured(database_, captured.table, shape); !set) return set;
  }
  if (doubtful) {
    auto logged = log_gap(database_, shape, reason, options_.sure, true);
    if (!logged) return logged;
  }
  did("table " + table.name + ": triggers renewed (" + columns_and_key(table) + ")" +
      (reason.empty() ? "" : ", read again: " + reason));
  if (reason.empty()) return {};
  return add_task(database_, shape, std::nullopt, reason);
}

void Repair::refuse(const std::string& name, const std::string& why) {
  const bool listed = std::ranges::any_of(
      relays_, [&](const RelayRow& relay) { return relay.tables && relay.wants(name); });
  report_.push_back({listed ? Finding::Kind::problem : Finding::Kind::note,
                     "table " + name + " is not captured: " + why,
                     listed ? "change the table, or take it from the list" : ""});
}

/// A table that was not captured until now.
Result<void> Repair::capture(const std::string& name) {
  auto found = inspect(database_, name, false);
  if (!found) return failed(found);
  if (!found->why_not.empty()) {
    refuse(name, found->why_not);
    return {};
  }
  auto shape = add_shape(database_, found->table);
  if (!shape) return failed(shape);
  auto armed = arm(found->table, *shape);
  if (!armed) return failed(armed);
  if (!armed->empty()) {
    refuse(name, *armed);
    return database_.execute("DELETE FROM _headwater_shapes WHERE shape = " +
                             std::to_string(*shape));
  }
  if (auto set = set_captured(database_, name, *shape); !set) return set;
  did("table " + name + ": captured (" + columns_and_key(found->table) + ")");
  const std::string reason = "the table is new";
  if (!options_.except_relay) return add_task(database_, *shape, std::nullopt, reason);
  for (const auto& relay : relays_) {
    if (relay.name == *options_.except_relay || !relay.wants(name)) continue;
    if (auto done = add_task(database_, *shape, relay.name, reason); !done) return done;
  }
  return {};
}

Result<bool> Repair::written_since(std::int64_t shape) {
  auto head = log_head(database_);
  if (!head) return failed(head);
  if (*head - options_.sure > most_rows_searched) return true;
  auto found = database_.integer("SELECT EXISTS(SELECT 1 FROM _headwater_log WHERE seq > " +
                                 std::to_string(options_.sure) +
                                 " AND shape = " + std::to_string(shape) + ")");
  if (!found) return failed(found);
  return *found != 0;
}

Result<void> Repair::disarm(std::int64_t shape) {
  const std::string prefix = trigger_prefix(shape);
  std::string drops;
  for (const auto& trigger : triggers_) {
    if (!trigger.name.starts_with(prefix)) continue;
    drops += "DROP TRIGGER IF EXISTS main." + quote_name(trigger.name) + ";";
  }
  return database_.execute(drops);
}

/// Whether somebody could write to the table from this connection.
bool Repair::compiles(const TableInfo& table, std::string& why) {
  const std::string name = "main." + quote_name(table.name);
  std::vector<std::string> statements{"INSERT INTO " + name + " DEFAULT VALUES",
                                      "DELETE FROM " + name};
  std::string all;
  for (const auto& column : table.columns) {
    if (column.generated) continue;
    const std::string quoted = quote_name(column.name);
    all.append(all.empty() ? "" : ", ").append(quoted).append(" = ").append(quoted);
  }
  if (!all.empty()) statements.push_back("UPDATE " + name + " SET " + all);
  for (const auto& sql : statements) {
    auto statement = database_.prepare(sql);
    if (statement) continue;
    why = statement.error().message;
    return false;
  }
  return true;
}

/// Gives why the table cannot be captured; empty when it is armed.
Result<std::string> Repair::arm(const TableInfo& table, std::int64_t shape) {
  auto fits = make_room(database_, table.width());
  if (!fits) return failed(fits);
  std::string why;
  const bool compiled_before = compiles(table, why);
  const auto triggers = triggers_for(table, shape, *fits);
  for (const auto& trigger : triggers) {
    if (auto made = database_.execute(trigger.sql); !made) return failed(made);
  }
  // If it did not compile before, the table needs something only its own program brings along, and
  // nothing can be said of our triggers.
  if (!compiled_before || compiles(table, why)) return std::string();
  std::string drops;
  for (const auto& trigger : triggers)
    drops += "DROP TRIGGER main." + quote_name(trigger.name) + ";";
  if (auto done = database_.execute(drops); !done) return failed(done);
  return why;
}

}  // namespace

Result<RepairResult> repair(Database& database, const RepairOptions& options) {
  return Repair(database, options).run();
}

}  // namespace headwater::sqlite

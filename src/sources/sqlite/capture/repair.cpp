#include "src/sources/sqlite/capture/repair.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "src/sources/sqlite/capture/arming.h"
#include "src/sources/sqlite/capture/catalog.h"
#include "src/sources/sqlite/capture/log_tables.h"
#include "src/sources/sqlite/capture/readable.h"
#include "src/sources/sqlite/capture/repair_plan.h"
#include "src/sources/sqlite/capture/rows.h"
#include "src/sources/sqlite/capture/schema_rows.h"

namespace headwater::sqlite {
namespace {

/// Log rows that are looked through for doubtful ones; behind more of them, all are doubtful.
constexpr std::int64_t most_rows_searched = 20000;

/// How often somebody else may change the schema while this is at work.
constexpr int most_rounds = 100;

/// Tables that are armed while the lock is held: some milliseconds' worth.
constexpr std::size_t tables_per_step = 15;

std::string columns_and_key(const TableInfo& table) {
  std::string key;
  for (const auto& name : table.key_names()) key.append(key.empty() ? "" : ", ").append(name);
  return std::to_string(table.columns.size()) +
         (table.columns.size() == 1 ? " column" : " columns") + ", key " + key +
         left_out_words(table);
}

class Repair {
 public:
  Repair(Database& database, const RepairOptions& options)
      : database_(database), options_(options) {}

  Result<RepairResult> run();

 private:
  Result<bool> round();
  Result<bool> work();
  Result<bool> steps();
  Result<bool> step(std::size_t& at);
  Result<bool> restate_renumbered();
  Result<void> look_through_keys();
  Result<bool> finish();
  /// `body` in a write transaction, if the schema is still the plan's. False: it is not.
  Result<bool> guarded(const std::function<Result<void>()>& body);

  Result<void> perform(const Work& work);
  Result<void> gone(const Work& work);
  Result<void> give_up(const Captured& captured, const std::string& why);
  Result<void> renew(const Work& work);
  Result<void> capture(const Work& work);
  Result<void> add_first_tasks(const std::string& table, std::int64_t shape);

  Result<bool> written_since(std::int64_t shape);
  Result<void> disarm(std::int64_t shape);
  void did(std::string what) {
    changed_ = true;
    report_.push_back({Finding::Kind::ok, std::move(what), {}});
  }
  void refuse(const std::string& name, const std::string& why, bool ordinary);

  Database& database_;
  const RepairOptions& options_;
  Plan plan_;
  std::set<std::string> refused_;
  bool changed_ = false;
  Report report_;
};

Result<RepairResult> Repair::run() {
  for (int i = 0; i < most_rounds; ++i) {
    auto done = round();
    if (!done) return failed(done);
    if (*done) return RepairResult{std::move(report_), changed_, plan_.schema.version};
  }
  return fail(Error{.remedy = Remedy::retry,
                    .origin = database_.origin(),
                    .name = "source.schema_changes",
                    .message = "the schema of " + database_.path() + " does not stand still",
                    .next = "wait until the migration is over"});
}

/// True: all agrees.
Result<bool> Repair::round() {
  auto plan = make_plan(database_, refused_);
  if (!plan) return failed(plan);
  plan_ = std::move(*plan);
  for (const auto& table : plan_.refused) refuse(table.name, table.why_not, table.ordinary);
  if (plan_.clean()) return finish();
  auto worked = work();
  if (!worked || !*worked) return worked;
  if (plan_.renumbered) {
    auto restated = restate_renumbered();
    if (!restated) return restated;
  }
  if (auto looked = look_through_keys(); !looked) return failed(looked);
  return false;
}

Result<bool> Repair::guarded(const std::function<Result<void>()>& body) {
  bool same = false;
  std::int64_t version = 0;
  auto done = database_.transaction("IMMEDIATE", [&]() -> Result<void> {
    auto now = database_.integer("PRAGMA main.schema_version");
    if (!now) return failed(now);
    same = *now == plan_.schema.version;
    if (!same) return {};
    if (auto result = body(); !result) return result;
    now = database_.integer("PRAGMA main.schema_version");
    if (!now) return failed(now);
    version = *now;
    return {};
  });
  if (!done) return failed(done);
  if (same) plan_.schema.version = version;
  return same;
}

/// False: somebody else has changed the schema.
Result<bool> Repair::work() {
  if (plan_.works.empty()) return true;
  bool same = false;
  auto done = changing_triggers(database_, [&]() -> Result<void> {
    auto result = steps();
    if (!result) return failed(result);
    same = *result;
    return {};
  });
  return done ? Result<bool>(same) : failed(done);
}

Result<bool> Repair::steps() {
  for (std::size_t at = 0; at < plan_.works.size();) {
    auto same = step(at);
    if (!same || !*same) return same;
    let_others_in();
  }
  return true;
}

Result<bool> Repair::step(std::size_t& at) {
  const std::size_t end = std::min(at + tables_per_step, plan_.works.size());
  return guarded([&]() -> Result<void> {
    std::size_t width = 0;
    for (std::size_t i = at; i < end; ++i) width = std::max(width, plan_.works[i].table.width());
    if (auto room = make_room(database_, width); !room) return failed(room);
    for (; at < end; ++at) {
      if (auto done = perform(plan_.works[at]); !done) return done;
    }
    return schema_changed(database_);
  });
}

Result<void> Repair::perform(const Work& work) {
  switch (work.kind) {
    case Work::Kind::capture:
      return capture(work);
    case Work::Kind::renew:
      return work.why.empty() ? renew(work) : give_up(work.captured, work.why);
    case Work::Kind::give_up:
      return give_up(work.captured, work.why);
    case Work::Kind::let_go:
    case Work::Kind::gone:
      break;
  }
  return gone(work);
}

/// Nobody wants it, and nothing is said; or it is not there any more.
Result<void> Repair::gone(const Work& work) {
  const auto& [table, shape, nulls] = work.captured;
  const bool dropped = work.kind == Work::Kind::gone;
  did("table " + table + (dropped ? " " : ": no longer captured, ") + work.why);
  if (auto done = disarm(shape); !done) return done;
  if (dropped) {
    if (auto done = log_drop(database_, shape); !done) return done;
  }
  return forget_captured(database_, table);
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
  refused_.insert(captured.table);
  return forget_captured(database_, captured.table);
}

Result<void> Repair::renew(const Work& work) {
  const Captured& captured = work.captured;
  const Comparison& found = work.found;
  const TableInfo& table = work.table;
  auto written = written_since(captured.shape);
  if (!written) return failed(written);
  const std::int64_t shape = work.shape;
  if (found.new_shape()) {
    if (auto added = add_shape(database_, table, shape); !added) return added;
  }
  std::string reason;
  if (found.overtaken && table.others_before && *written) reason = "a trigger was added";
  if (found.rule_unknown && *written) reason = "a unique index was added";
  if (found.key_differs) reason = "the key was changed";
  if (found.triggers_missing) reason = "the table was made anew or its triggers were dropped";
  const bool doubtful = !reason.empty();
  if (reason.empty() && found.columns_differ) reason = "the columns were changed";

  if (auto done = disarm(captured.shape); !done) return done;
  auto armed = arm(database_, table, work.triggers, work.verdict);
  if (!armed) return failed(armed);
  if (!armed->empty()) return give_up(captured, *armed);
  auto set = set_captured(database_, {captured.table, shape, captured.nulls});
  if (!set) return set;
  if (doubtful) {
    auto logged = log_gap(database_, shape, reason, options_.sure, true);
    if (!logged) return logged;
  }
  did("table " + table.name + ": triggers renewed (" + columns_and_key(table) + ")" +
      (reason.empty() ? "" : ", read again: " + reason));
  if (reason.empty()) return {};
  return add_task(database_, shape, std::nullopt, reason);
}

void Repair::refuse(const std::string& name, const std::string& why, bool ordinary) {
  if (!refused_.insert(name).second) return;
  const bool listed = std::ranges::any_of(
      plan_.relays, [&](const RelayRow& relay) { return relay.tables && relay.wants(name); });
  const bool allowed = has_name(options_.allow_uncaptured, name);
  const bool problem = listed || (ordinary && !allowed);
  report_.push_back({problem ? Finding::Kind::problem : Finding::Kind::note,
                     "table " + name + " is not captured: " + why,
                     problem ? (listed ? "change the table, or take it from the list"
                                       : "change the table, or name it in allow_uncaptured")
                             : ""});
}

/// A table that was not captured until now.
Result<void> Repair::capture(const Work& work) {
  const std::string& name = work.captured.table;
  std::string why = work.why;
  if (why.empty()) {
    auto armed = arm(database_, work.table, work.triggers, work.verdict);
    if (!armed) return failed(armed);
    why = std::move(*armed);
  }
  if (!why.empty()) {
    refuse(name, why, true);
    return {};
  }
  if (auto added = add_shape(database_, work.table, work.shape); !added) return added;
  auto set = set_captured(database_, {name, work.shape, work.captured.nulls});
  if (!set) return set;
  did("table " + name + ": captured (" + columns_and_key(work.table) + ")");
  return add_first_tasks(name, work.shape);
}

Result<void> Repair::add_first_tasks(const std::string& table, std::int64_t shape) {
  const std::string reason = "the table is new";
  if (!options_.relay) return add_task(database_, shape, std::nullopt, reason);
  for (const auto& relay : plan_.relays) {
    const bool prepared = relay.name == options_.relay->name;
    if (!relay.wants(table)) continue;
    if (prepared) {
      did("table " + table +
          (options_.relay->snapshot ? ": its rows will be read" : ": only changes from now on"));
    }
    if (prepared && !options_.relay->snapshot) continue;
    auto done = add_task(database_, shape, relay.name, prepared ? "init" : reason);
    if (!done) return done;
  }
  return {};
}

Result<bool> Repair::restate_renumbered() {
  const std::string reason = "VACUUM has renumbered the rows";
  return guarded([&]() -> Result<void> {
    auto captured = load_captured(database_);
    if (!captured) return failed(captured);
    auto shapes = load_shapes(database_);
    if (!shapes) return failed(shapes);
    for (const auto& shape : *shapes) {
      const bool now = std::ranges::find(*captured, shape.id, &Captured::shape) != captured->end();
      if (!shape.by_rowid || !now) continue;
      auto logged = log_gap(database_, shape.id, reason, options_.sure, true);
      if (!logged) return logged;
      did("table " + shape.table + ": read again: " + reason);
      auto added = add_task(database_, shape.id, std::nullopt, reason);
      if (!added) return added;
    }
    return forget_renumbering(database_);
  });
}

/// The triggers are there now and see each NULL that comes; what came before is found by this.
Result<void> Repair::look_through_keys() {
  for (const auto& table : plan_.unknown_keys) {
    auto found = key_holds_nulls(database_, table);
    if (!found && found.error().remedy == Remedy::retry) return failed(found);
    if (!found) continue;  // the table has changed: the next round sees how
    auto noted = database_.transaction("IMMEDIATE",
                                       [&] { return note_nulls(database_, table.name, *found); });
    if (!noted) return noted;
  }
  return {};
}

Result<bool> Repair::finish() {
  if (!changed_ && !plan_.renew) return true;
  return guarded([&]() -> Result<void> {
    auto head = log_head(database_);
    if (!head) return failed(head);
    if (auto set = set_meta(database_, "sure", *head); !set) return set;
    if (auto set = set_meta(database_, "renew", 0); !set) return set;
    return database_.execute("DELETE FROM _headwater_stash");
  });
}

Result<bool> Repair::written_since(std::int64_t shape) {
  if (plan_.head - options_.sure > most_rows_searched) return true;
  if (!plan_.written) {
    plan_.written.emplace();
    auto rows = database_.prepare("SELECT DISTINCT shape FROM _headwater_log WHERE seq > ?1");
    if (!rows) return failed(rows);
    rows->bind(0, options_.sure);
    auto read =
        for_each_row(*rows, [&](const Statement& row) { plan_.written->insert(row.integer(0)); });
    if (!read) return failed(read);
  }
  if (plan_.written->contains(shape)) return true;
  auto found =
      database_.integer("SELECT EXISTS(SELECT 1 FROM _headwater_log WHERE seq > " +
                        std::to_string(plan_.head) + " AND shape = " + std::to_string(shape) + ")");
  if (!found) return failed(found);
  return *found != 0;
}

Result<void> Repair::disarm(std::int64_t shape) {
  const auto& triggers = plan_.armed[shape];
  if (triggers.empty()) return {};
  return drop_trigger_rows(database_, triggers);
}

}  // namespace

Result<RepairResult> repair(Database& database, const RepairOptions& options) {
  return Repair(database, options).run();
}

}  // namespace headwater::sqlite

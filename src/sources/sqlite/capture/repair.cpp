#include "src/sources/sqlite/capture/repair.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "src/sources/sqlite/capture/catalog.h"
#include "src/sources/sqlite/capture/log_tables.h"
#include "src/sources/sqlite/capture/repair_plan.h"
#include "src/sources/sqlite/capture/repair_worker.h"
#include "src/sources/sqlite/capture/schema_rows.h"

namespace headwater::sqlite {
namespace {

/// How often somebody else may change the schema while this is at work.
constexpr int most_rounds = 100;

/// Tables that are armed while the lock is held: some milliseconds' worth.
constexpr std::size_t tables_per_step = 15;

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

  Database& database_;
  const RepairOptions& options_;
  Plan plan_;
  Worker worker_{database_, options_, plan_};
};

Result<RepairResult> Repair::run() {
  for (int i = 0; i < most_rounds; ++i) {
    auto done = round();
    if (!done) return failed(done);
    if (*done) return RepairResult{worker_.take_report(), worker_.changed(), plan_.schema.version};
  }
  return fail(Error{.remedy = Remedy::retry,
                    .origin = database_.origin(),
                    .name = "source.schema_changes",
                    .message = "the schema of " + database_.path() + " does not stand still",
                    .next = "wait until the migration is over"});
}

/// True: all agrees.
Result<bool> Repair::round() {
  auto plan = make_plan(database_, worker_.refused());
  if (!plan) return failed(plan);
  plan_ = std::move(*plan);
  for (const auto& table : plan_.refused) worker_.refuse(table.name, table.why_not, table.ordinary);
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
      if (auto done = worker_.perform(plan_.works[at]); !done) return done;
    }
    return schema_changed(database_);
  });
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
      worker_.did("table " + shape.table + ": read again: " + reason);
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
  if (!worker_.changed() && !plan_.renew) return true;
  return guarded([&]() -> Result<void> {
    auto head = log_head(database_);
    if (!head) return failed(head);
    if (auto set = set_meta(database_, "sure", *head); !set) return set;
    if (auto set = set_meta(database_, "renew", 0); !set) return set;
    return database_.execute("DELETE FROM _headwater_stash");
  });
}

}  // namespace

Result<RepairResult> repair(Database& database, const RepairOptions& options) {
  return Repair(database, options).run();
}

}  // namespace headwater::sqlite

#include "src/sources/sqlite/capture/repair.h"

#include <algorithm>
#include <span>
#include <utility>

#include "src/sources/sqlite/capture/catalog.h"
#include "src/sources/sqlite/capture/log_rows.h"
#include "src/sources/sqlite/capture/log_tables.h"
#include "src/sources/sqlite/capture/repair_plan.h"
#include "src/sources/sqlite/capture/repair_worker.h"
#include "src/sources/sqlite/capture/schema_rows.h"
#include "src/sources/sqlite/capture/standing.h"

namespace headwater::sqlite {
namespace {

/// How often the tables are checked again because another connection has changed some of them. The
/// next call handles what still changes then.
constexpr int most_rounds = 10;

/// The number of tables that are armed under one lock: some milliseconds of work.
constexpr std::size_t tables_per_step = 15;

class Repair {
 public:
  Repair(Database& database, const RepairOptions& options)
      : database_(database), options_(options) {}

  Result<RepairResult> run();

 private:
  Result<bool> round();
  Result<void> steps();
  Result<void> step(std::span<const Work> works);
  Result<void> perform(std::span<const Work> works);
  Result<void> prove();
  Result<void> restate_renumbered();
  Result<void> look_through_keys();
  Result<void> finish();

  Database& database_;
  const RepairOptions& options_;
  Plan plan_;
  std::int64_t known_version_ = 0;  // of the schema, after our last change
  bool schema_moved_ = false;       // another connection has changed it since the plan
  Worker worker_{database_, options_, plan_};
};

Result<RepairResult> Repair::run() {
  for (int i = 0; i < most_rounds; ++i) {
    auto done = round();
    if (!done) return failed(done);
    if (*done) return RepairResult{worker_.take_report(), worker_.changed(), plan_.schema.version};
  }
  Report report = worker_.take_report();
  report.push_back({Finding::Kind::note, "the schema of " + database_.path() + " keeps changing",
                    "headwater check -c FILE; a running relay captures what has changed since"});
  return RepairResult{.report = std::move(report), .changed = worker_.changed(), .version = -1};
}

/// Returns true if everything agrees.
Result<bool> Repair::round() {
  auto plan = make_plan(database_, worker_.refused());
  if (!plan) return failed(plan);
  plan_ = std::move(*plan);
  for (const auto& table : plan_.refused) worker_.refuse(table.name, table.why_not, table.ordinary);
  if (plan_.clean()) {
    if (auto finished = finish(); !finished) return failed(finished);
    return true;
  }
  if (!plan_.works.empty()) {
    auto worked = changing_triggers(database_, [&] { return steps(); });
    if (!worked) return failed(worked);
  }
  if (plan_.renumbered) {
    if (auto restated = restate_renumbered(); !restated) return failed(restated);
  }
  if (auto looked = look_through_keys(); !looked) return failed(looked);
  return false;
}

/// Nobody can open a database with an unreadable schema. The transaction that writes the rows
/// checks for repeated names and triggers without a table; this check is for the unforeseen.
/// Reading the whole schema takes too long under the lock, and for many tables also too long after
/// each step. So it is done after the first step, whose triggers are like all others, then after
/// four times as many, and at the end.
Result<void> Repair::steps() {
  const std::span<const Work> works = plan_.works;
  known_version_ = plan_.schema.version;
  schema_moved_ = false;
  std::size_t next_proof = 1;
  for (std::size_t at = 0; at < works.size();) {
    const std::size_t count = std::min(tables_per_step, works.size() - at);
    auto done = step(works.subspan(at, count));
    at += count;
    if (!done || at == works.size() || worker_.unproven() >= next_proof) {
      next_proof = 3 * at;
      if (auto proven = prove(); !proven) return proven;
    }
    if (!done) return done;
    let_others_in();
  }
  return {};
}

Result<void> Repair::step(std::span<const Work> works) {
  std::int64_t version = 0;
  auto done = knowing_schema(database_, [&]() -> Result<void> {
    auto now = database_.integer("PRAGMA main.schema_version");
    if (!now) return failed(now);
    schema_moved_ = schema_moved_ || *now != known_version_;
    auto performed = perform(works);
    if (!performed) return performed;
    now = database_.integer("PRAGMA main.schema_version");
    if (!now) return failed(now);
    version = *now;
    return {};
  });
  known_version_ = version;
  return done;
}

/// The works that are still valid.
Result<void> Repair::perform(std::span<const Work> works) {
  std::size_t width = 0;
  for (const Work& work : works) width = std::max(width, work.table.width());
  if (auto room = make_room(database_, width); !room) return failed(room);
  auto standing = still_standing(database_, plan_, works, schema_moved_);
  if (!standing) return failed(standing);
  bool any = false;
  for (std::size_t i = 0; i < works.size(); ++i) {
    if (!(*standing)[i]) continue;  // the next round checks the table again
    if (auto done = worker_.perform(works[i]); !done) return done;
    any = true;
  }
  return any ? schema_changed(database_) : Result<void>();
}

Result<void> Repair::prove() {
  auto why = why_unreadable(database_);
  if (!why) return failed(why);
  if (why->empty()) {
    worker_.proven();
    return {};
  }
  if (auto done = mending_schema(database_, [&] { return worker_.take_back(*why); }); !done) {
    return done;
  }
  auto read = database_.integer("SELECT 1 FROM main.sqlite_schema LIMIT 1");
  return read ? Result<void>() : failed(read);
}

Result<void> Repair::restate_renumbered() {
  const std::string reason = "VACUUM has renumbered the rows";
  return database_.transaction("IMMEDIATE", [&]() -> Result<void> {
    auto renumbered = rowids_renumbered(database_);
    if (!renumbered || !*renumbered) return renumbered ? Result<void>() : failed(renumbered);
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

/// The triggers exist now and see each new NULL; this finds the earlier ones.
Result<void> Repair::look_through_keys() {
  for (const auto& table : plan_.unknown_keys) {
    auto found = key_holds_nulls(database_, table);
    if (!found && found.error().remedy == Remedy::retry) return failed(found);
    if (!found) continue;  // the table has changed: the next round handles it
    auto noted = database_.transaction("IMMEDIATE",
                                       [&] { return note_nulls(database_, table.name, *found); });
    if (!noted) return noted;
  }
  return {};
}

/// Everything was correct when the plan was made, whatever has changed since.
Result<void> Repair::finish() {
  if (!worker_.changed() && !plan_.renew) return {};
  return database_.transaction("IMMEDIATE", [&]() -> Result<void> {
    auto version = database_.integer("PRAGMA main.schema_version");
    auto head = log_head(database_);
    auto sure = meta_integer(database_, "sure");
    if (!version || !head || !sure) {
      return !version ? failed(version) : !head ? failed(head) : failed(sure);
    }
    const auto seen = *version == plan_.schema.version ? *head : plan_.head;
    if (auto set = set_meta(database_, "sure", std::max(*sure, seen)); !set) return set;
    if (auto done = forget_renewal(database_); !done) return done;
    return database_.execute("DELETE FROM _headwater_stash");
  });
}

}  // namespace

Result<RepairResult> repair(Database& database, const RepairOptions& options) {
  return Repair(database, options).run();
}

}  // namespace headwater::sqlite

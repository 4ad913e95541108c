#include "src/sources/sqlite/capture/repair_plan.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "src/sources/sqlite/capture/rows.h"
#include "src/sources/sqlite/capture/trial.h"
#include "src/sources/sqlite/capture/trigger_names.h"
#include "src/sources/sqlite/capture/trigger_sql.h"

namespace headwater::sqlite {
namespace {

class Planner {
 public:
  Planner(Database& database, const std::set<std::string>& skip)
      : database_(database), skip_(skip) {}

  Result<Plan> run() {
    auto read = database_.transaction("", [&]() -> Result<void> {
      if (auto loaded = load(); !loaded) return loaded;
      look_for_leftovers();
      for (const auto& captured : plan_.captured) {
        if (auto done = look(captured); !done) return done;
      }
      for (const auto& table : plan_.schema.tables) {
        if (auto done = look_new(table); !done) return done;
      }
      return {};
    });
    if (!read) return failed(read);
    for (auto& work : plan_.works) {
      if (auto done = look_for_nulls(work); !done) return failed(done);
      if (auto done = try_out(work); !done) return failed(done);
    }
    return std::move(plan_);
  }

 private:
  Result<void> load();
  void look_for_leftovers();
  Result<void> look(const Captured& captured);
  Result<void> look_inside(const Captured& captured, const Shape& shape);
  Result<void> look_new(const Candidate& table);
  Result<void> look_for_nulls(Work& work);
  Result<void> try_out(Work& work);

  /// A user's trigger has the name of one of this shape's triggers.
  [[nodiscard]] bool names_taken(std::int64_t shape) const {
    return std::ranges::any_of(plan_.schema.triggers, [&](const SchemaTrigger& trigger) {
      return !trigger.shape && number_taken(trigger.name) == shape;
    });
  }
  [[nodiscard]] bool wanted(const std::string& table) const {
    return std::ranges::any_of(plan_.relays,
                               [&](const RelayRow& relay) { return relay.wants(table); });
  }
  void add(Work::Kind kind, const Captured& captured, std::string why) {
    plan_.works.push_back({.kind = kind, .captured = captured, .why = std::move(why)});
  }

  Database& database_;
  const std::set<std::string>& skip_;
  std::map<std::int64_t, Shape> shapes_;
  std::int64_t next_shape_ = 1;
  std::optional<Trial> trial_;
  ByName<std::int64_t> by_table_;
  Plan plan_;
};

Result<void> Planner::load() {
  auto state = log_state(database_);
  if (!state) return failed(state);
  if (*state != LogState::ready) return fail(log_error(*state, database_));
  auto schema = load_schema(database_);
  if (!schema) return failed(schema);
  plan_.schema = std::move(*schema);
  for (const auto& trigger : plan_.schema.triggers) {
    if (trigger.shape) plan_.armed[*trigger.shape].push_back(&trigger);
  }
  auto relays = load_relays(database_);
  if (!relays) return failed(relays);
  plan_.relays = std::move(*relays);
  auto captured = load_captured(database_);
  if (!captured) return failed(captured);
  plan_.captured = std::move(*captured);
  for (const auto& one : plan_.captured) by_table_.emplace(one.table, one.shape);
  auto shapes = load_shapes(database_);
  if (!shapes) return failed(shapes);
  for (auto& shape : *shapes) shapes_.emplace(shape.id, std::move(shape));
  if (!shapes_.empty()) next_shape_ = shapes_.rbegin()->first + 1;
  auto renumbered = rowids_renumbered(database_);
  if (!renumbered) return failed(renumbered);
  plan_.renumbered = *renumbered;
  auto renew = meta_integer(database_, "renew");
  if (!renew) return fail(renew.error());
  plan_.renew = *renew != 0;
  auto head = log_head(database_);
  if (!head) return failed(head);
  plan_.head = *head;
  return {};
}

void Planner::look_for_leftovers() {
  for (const auto& [shape, triggers] : plan_.armed) {
    if (std::ranges::find(plan_.captured, shape, &Captured::shape) != plan_.captured.end())
      continue;
    add(Work::Kind::leftover, {.table = triggers.front()->table, .shape = shape}, {});
  }
}

Result<void> Planner::look(const Captured& captured) {
  for (const SchemaTrigger* trigger : plan_.armed[captured.shape]) {
    if (same_name(trigger->table, captured.table)) continue;
    add(Work::Kind::gone, captured, "was renamed to " + trigger->table);
    return {};
  }
  const Candidate* table = plan_.schema.table(captured.table);
  if (table == nullptr || !table->why_not.empty()) {
    add(Work::Kind::gone, captured, table == nullptr ? "was dropped" : "is no longer a table");
    return {};
  }
  if (!wanted(table->name)) {
    add(Work::Kind::let_go, captured, "no relay needs it");
    return {};
  }
  const auto shape = shapes_.find(captured.shape);
  if (shape != shapes_.end()) return look_inside(captured, shape->second);
  auto missing = load_shape(database_, captured.shape);  // names the damage
  if (!missing) return failed(missing);
  return look_inside(captured, *missing);
}

Result<void> Planner::look_inside(const Captured& captured, const Shape& shape) {
  const bool nulls = shape.by_rowid || captured.nulls == KeyNulls::found;
  auto now = inspect_table(database_, plan_.schema, captured.table, nulls);
  if (!now) return failed(now);
  if (!now->why_not.empty()) {
    add(Work::Kind::give_up, captured, now->why_not);
    return {};
  }
  TableInfo& table = now->table;
  const auto found = compare(plan_.schema, shape, table, pair_fits(database_, table.width()));
  if (found.rearm()) {
    plan_.works.push_back({.kind = Work::Kind::renew,
                           .captured = captured,
                           .table = std::move(table),
                           .found = found});
  } else if (captured.nulls == KeyNulls::unknown && table.nullable_key) {
    plan_.unknown_keys.push_back(std::move(table));
  }
  return {};
}

Result<void> Planner::look_new(const Candidate& table) {
  if (!wanted(table.name) || by_table_.contains(table.name)) return {};
  if (skip_.contains(table.name)) return {};
  if (!table.why_not.empty()) {
    plan_.refused.push_back(table);
    return {};
  }
  auto found = inspect_table(database_, plan_.schema, table.name, false);
  if (!found) return failed(found);
  if (!found->why_not.empty()) {
    plan_.refused.push_back(table);
    plan_.refused.back().why_not = found->why_not;
    return {};
  }
  plan_.works.push_back({.kind = Work::Kind::capture,
                         .captured = {.table = table.name},
                         .table = std::move(found->table)});
  return {};
}

/// Only a hint from before the triggers that watch the key; a second search finds what comes in
/// between.
Result<void> Planner::look_for_nulls(Work& work) {
  const bool fresh =
      work.kind == Work::Kind::capture || work.found.triggers_missing || work.found.key_differs;
  if (!fresh || !work.table.nullable_key) return {};
  work.captured.nulls = KeyNulls::unknown;
  auto nulls = key_holds_nulls(database_, work.table);
  // The table may have changed since; the worker will find out.
  if (!nulls || !*nulls) return {};
  work.captured.nulls = KeyNulls::found;
  auto again = inspect_table(database_, plan_.schema, work.table.name, true);
  if (!again) return failed(again);
  if (again->why_not.empty()) work.table = std::move(again->table);
  work.why = again->why_not;
  return {};
}

/// Builds the text of the triggers and lets SQLite check it.
Result<void> Planner::try_out(Work& work) {
  if (work.kind != Work::Kind::capture && work.kind != Work::Kind::renew) return {};
  if (!work.why.empty()) return {};
  const bool same = work.kind == Work::Kind::renew && !work.found.new_shape() &&
                    !names_taken(work.captured.shape);
  while (plan_.schema.numbers.contains(next_shape_)) ++next_shape_;
  work.shape = same ? work.captured.shape : next_shape_;
  work.triggers = triggers_for(work.table, work.shape, pair_fits(database_, work.table.width()));
  if (!trial_) {
    auto opened = Trial::open();
    if (!opened) return failed(opened);
    trial_ = std::move(*opened);
  }
  auto why_not = trial_->why_not(work.table, work.triggers);
  if (!why_not) return failed(why_not);
  work.why = std::move(*why_not);
  if (!same && work.why.empty()) ++next_shape_;
  return {};
}

}  // namespace

Comparison compare(const UserSchema& schema, const Shape& shape, const TableInfo& table,
                   bool pair_fits) {
  Comparison found;
  found.columns_differ = table.column_names() != *shape.columns;
  found.key_differs = table.by_rowid != shape.by_rowid || table.key_names() != *shape.key_columns ||
                      table.collations != shape.collations;
  std::int64_t oldest = INT64_MAX;
  for (const auto& wanted : triggers_for(table, shape.id, pair_fits)) {
    const auto there = schema.ours.find(wanted.name);
    if (there == schema.ours.end()) {
      found.triggers_missing = true;
      continue;
    }
    oldest = std::min(oldest, there->second->place);
    found.triggers_stale = found.triggers_stale || there->second->sql != wanted.sql;
  }
  if (const auto theirs = schema.theirs.find(table.name); theirs != schema.theirs.end()) {
    found.overtaken = std::ranges::any_of(
        theirs->second, [&](const SchemaTrigger* other) { return other->place > oldest; });
  }
  const auto guard = schema.ours.find(trigger_prefix(shape.id) + "guard_insert");
  if (guard == schema.ours.end()) return found;
  const auto unknown = [&](const std::string& rule) {
    return guard->second->sql.find(rule) == std::string::npos;
  };
  found.rule_unknown = std::ranges::any_of(conflicts(table), unknown);
  return found;
}

Result<Plan> make_plan(Database& database, const std::set<std::string>& skip) {
  return Planner(database, skip).run();
}

}  // namespace headwater::sqlite

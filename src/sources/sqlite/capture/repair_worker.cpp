#include "src/sources/sqlite/capture/repair_worker.h"

#include <algorithm>

#include "src/sources/sqlite/capture/log_rows.h"
#include "src/sources/sqlite/capture/readable.h"
#include "src/sources/sqlite/capture/rows.h"
#include "src/sources/sqlite/capture/schema_rows.h"

namespace headwater::sqlite {
namespace {

/// The most log rows that are searched for doubtful ones; with more, all are doubtful.
constexpr std::int64_t most_rows_searched = 20000;

std::string columns_and_key(const TableInfo& table) {
  std::string key;
  for (const auto& name : table.key_names()) key.append(key.empty() ? "" : ", ").append(name);
  return std::to_string(table.columns.size()) +
         (table.columns.size() == 1 ? " column" : " columns") + ", key " + key +
         left_out_words(table);
}

}  // namespace

void Worker::did(std::string what) {
  changed_ = true;
  report_.push_back({Finding::Kind::ok, std::move(what), {}});
}

Result<void> Worker::perform(const Work& work) {
  switch (work.kind) {
    case Work::Kind::capture:
      return capture(work);
    case Work::Kind::renew:
      return work.why.empty() ? renew(work) : give_up(work.captured, work.why);
    case Work::Kind::give_up:
      return give_up(work.captured, work.why);
    case Work::Kind::leftover:
      return leftover(work);
    case Work::Kind::let_go:
    case Work::Kind::gone:
      break;
  }
  return gone(work);
}

/// Our triggers for a log that someone dropped.
Result<void> Worker::leftover(const Work& work) {
  did("table " + work.captured.table + ": triggers of an earlier change log: removed");
  return disarm(work.captured.shape);
}

/// No relay captures it, which is not reported, or it no longer exists.
Result<void> Worker::gone(const Work& work) {
  const auto& [table, shape, nulls] = work.captured;
  const bool dropped = work.kind == Work::Kind::gone;
  did("table " + table + (dropped ? " " : ": no longer captured, ") + work.why);
  if (auto done = disarm(shape); !done) return done;
  if (dropped) {
    if (auto done = log_drop(database_, shape); !done) return done;
  }
  return forget_captured(database_, table);
}

Result<void> Worker::give_up(const Captured& captured, const std::string& why) {
  changed_ = true;
  report_.push_back({Finding::Kind::problem,
                     "table " + captured.table + " can no longer be captured: " + why,
                     "change the table, or remove it from the configuration, then headwater init"});
  if (auto done = disarm(captured.shape); !done) return done;
  auto logged =
      log_gap(database_, captured.shape, "cannot be captured: " + why, options_.sure, false);
  if (!logged) return logged;
  refused_.insert(captured.table);
  return forget_captured(database_, captured.table);
}

Result<void> Worker::renew(const Work& work) {
  const Captured& captured = work.captured;
  const Comparison& found = work.found;
  const TableInfo& table = work.table;
  auto written = written_since(captured.shape);
  if (!written) return failed(written);
  const std::int64_t shape = work.shape;
  if (shape != captured.shape) {
    if (auto added = add_shape(database_, table, shape); !added) return added;
  }
  std::string reason;
  if (found.overtaken && table.others_before && *written) reason = "a trigger was added";
  if (found.rule_unknown && *written) reason = "a unique index was added";
  if (found.key_differs) reason = "the key was changed";
  if (found.triggers_missing) reason = "the table was created again or its triggers were dropped";
  const bool doubtful = !reason.empty();
  if (reason.empty() && found.columns_differ) reason = "the columns were changed";

  if (auto done = disarm(captured.shape); !done) return done;
  if (auto done = arm(work); !done) return done;
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

void Worker::refuse(const std::string& name, const std::string& why, bool ordinary) {
  if (!refused_.insert(name).second) return;
  const bool listed = std::ranges::any_of(
      plan_->relays, [&](const RelayRow& relay) { return relay.tables && relay.wants(name); });
  const bool allowed = has_name(options_.allow_uncaptured, name);
  const bool problem = listed || (ordinary && !allowed);
  report_.push_back({problem ? Finding::Kind::problem : Finding::Kind::note,
                     "table " + name + " is not captured: " + why,
                     problem ? (listed ? "change the table, or remove it from the list"
                                       : "change the table, or name it in allow_uncaptured")
                             : ""});
}

/// A table that was not captured so far.
Result<void> Worker::capture(const Work& work) {
  const std::string& name = work.captured.table;
  if (!work.why.empty()) {
    refuse(name, work.why, true);
    return {};
  }
  if (auto done = arm(work); !done) return done;
  if (auto added = add_shape(database_, work.table, work.shape); !added) return added;
  auto set = set_captured(database_, {name, work.shape, work.captured.nulls});
  if (!set) return set;
  did("table " + name + ": captured (" + columns_and_key(work.table) + ")");
  return add_first_tasks(name, work.shape);
}

Result<void> Worker::add_first_tasks(const std::string& table, std::int64_t shape) {
  const std::string reason = "the table is new";
  if (!options_.relay) return add_task(database_, shape, std::nullopt, reason);
  const FirstRows rows = first_rows(database_, table, options_.relay->snapshot);
  for (const auto& relay : plan_->relays) {
    const bool prepared = relay.name == options_.relay->name;
    if (!relay.wants(table)) continue;
    if (prepared) did("table " + table + ": " + words_for(rows));
    if (prepared && rows != FirstRows::read) continue;
    auto done = add_task(database_, shape, relay.name, prepared ? "init" : reason);
    if (!done) return done;
  }
  return {};
}

Result<bool> Worker::written_since(std::int64_t shape) {
  if (plan_->head - options_.sure > most_rows_searched) return true;
  if (!plan_->written) {
    plan_->written.emplace();
    auto rows = database_.prepare("SELECT DISTINCT shape FROM _headwater_log WHERE seq > ?1");
    if (!rows) return failed(rows);
    rows->bind(0, options_.sure);
    auto read =
        for_each_row(*rows, [&](const Statement& row) { plan_->written->insert(row.integer(0)); });
    if (!read) return failed(read);
  }
  if (plan_->written->contains(shape)) return true;
  auto found = database_.integer("SELECT EXISTS(SELECT 1 FROM _headwater_log WHERE seq > " +
                                 std::to_string(plan_->head) +
                                 " AND shape = " + std::to_string(shape) + ")");
  if (!found) return failed(found);
  return *found != 0;
}

Result<void> Worker::arm(const Work& work) {
  auto rows = add_trigger_rows(database_, work.table.name, work.triggers);
  if (!rows) return failed(rows);
  const Captured now{.table = work.captured.table, .shape = work.shape, .nulls = {}};
  unproven_.push_back({work.kind, now, std::move(*rows)});
  return {};
}

Result<void> Worker::disarm(std::int64_t shape) {
  const auto& triggers = plan_->armed[shape];
  if (triggers.empty()) return {};
  return drop_trigger_rows(database_, triggers);
}

Result<void> Worker::take_back(const std::string& why) {
  for (const Armed& armed : std::exchange(unproven_, {})) {
    if (auto done = take_back(armed, why); !done) return done;
  }
  return {};
}

Result<void> Worker::take_back(const Armed& armed, const std::string& why) {
  const std::string& name = armed.captured.table;
  std::vector<const SchemaTrigger*> rows;
  for (const SchemaTrigger& row : armed.rows) rows.push_back(&row);
  if (auto done = drop_trigger_rows(database_, rows); !done) return done;
  std::erase_if(report_, [&](const Finding& said) {
    return said.kind == Finding::Kind::ok && said.what.starts_with("table " + name + ": ");
  });
  const std::string with = "its triggers would make the schema unreadable: " + why;
  plan_->armed.erase(armed.captured.shape);
  if (armed.kind == Work::Kind::renew) return give_up(armed.captured, with);
  auto done = database_.execute("DELETE FROM _headwater_snapshots WHERE shape = " +
                                std::to_string(armed.captured.shape));
  if (!done) return done;
  refuse(name, with, true);
  return forget_captured(database_, name);
}

}  // namespace headwater::sqlite

#include "src/sources/sqlite/capture/capture.h"

#include <algorithm>

#include "src/config/nearest.h"
#include "src/json/json.h"
#include "src/sources/sqlite/capture/catalog.h"
#include "src/sources/sqlite/capture/log_tables.h"
#include "src/sources/sqlite/capture/repair.h"
#include "src/sources/sqlite/capture/rows.h"

namespace headwater::sqlite {
namespace {

Error no_such_table(const Database& database, const std::string& name,
                    const std::vector<Candidate>& tables) {
  std::vector<std::string> names;
  names.reserve(tables.size());
  for (const auto& table : tables) names.push_back(table.name);
  return {.origin = database.origin(),
          .name = "source.no_such_table",
          .message = "there is no table " + name + " in " + database.path() +
                     config::suggestion(name, names, "tables"),
          .next = "correct `tables` in the configuration"};
}

/// The listed tables as the database spells them; nullopt: all.
Result<std::optional<std::vector<std::string>>> resolve(Database& database,
                                                        const CaptureRequest& request) {
  std::optional<std::vector<std::string>> result;
  if (!request.tables) return result;
  auto tables = list_tables(database);
  if (!tables) return failed(tables);
  result.emplace();
  for (const auto& name : *request.tables) {
    const auto found =
        std::ranges::find_if(*tables, [&](const Candidate& c) { return same_name(c.name, name); });
    if (found == tables->end()) return fail(no_such_table(database, name, *tables));
    if (!found->why_not.empty()) {
      return fail(Error{.origin = database.origin(),
                        .name = "source.cannot_capture",
                        .message = name + " cannot be captured: " + found->why_not,
                        .next = "take " + name + " from `tables` in the configuration"});
    }
    if (std::ranges::find(*result, found->name) == result->end()) result->push_back(found->name);
  }
  return result;
}

Result<void> save_relay(Database& database, const std::string& name,
                        const std::optional<std::vector<std::string>>& tables) {
  auto save = database.prepare(
      "INSERT INTO _headwater_relays(name, tables, start, first_task, confirmed) SELECT ?1, ?2, "
      "coalesce(max(seq), 0), (SELECT coalesce(max(task), 0) + 1 FROM _headwater_snapshots), "
      "coalesce(max(seq), 0) FROM _headwater_log WHERE true "
      "ON CONFLICT(name) DO UPDATE SET tables = excluded.tables WHERE tables IS NOT "
      "excluded.tables");
  if (!save) return failed(save);
  const std::string json = tables ? Json::array(*tables).dump() : "";
  save->bind_text(0, name);
  if (tables) {
    save->bind_text(1, json);
  } else {
    save->bind_null(1);
  }
  return save->run();
}

class Preparation {
 public:
  Preparation(Database& database, const CaptureRequest& request)
      : database_(database), request_(request) {}

  Result<void> run() {
    if (auto done = make_log(); !done) return done;
    auto before = load_captured(database_);
    if (!before) return failed(before);
    captured_before_ = std::move(*before);
    auto relay = load_relay(database_, request_.relay);
    if (!relay) return failed(relay);
    relay_before_ = std::move(*relay);
    auto tables = resolve(database_, request_);
    if (!tables) return failed(tables);
    if (auto saved = save_relay(database_, request_.relay, *tables); !saved) return saved;
    say("relay " + request_.relay + (relay_before_ ? ": was registered already" : ": registered"));
    return arm();
  }

  Report report;

 private:
  void say(std::string what) { report.push_back({Finding::Kind::ok, std::move(what), {}}); }

  Result<void> make_log() {
    auto state = log_state(database_);
    if (!state) return failed(state);
    if (*state == LogState::ready) {
      say("change log: was there already");
      return {};
    }
    if (*state != LogState::absent) return fail(log_error(*state, database_));
    say("change log: made in " + database_.path());
    auto width = widest();
    if (!width) return failed(width);
    return create_log(database_, *width);
  }

  /// Values in the widest image of the tables asked for, as far as they fit.
  Result<std::size_t> widest() {
    auto tables = list_tables(database_);
    if (!tables) return failed(tables);
    std::size_t width = 0;
    for (const auto& table : *tables) {
      const auto is_this = [&](const std::string& name) { return same_name(name, table.name); };
      if (!table.why_not.empty()) continue;
      if (request_.tables && std::ranges::none_of(*request_.tables, is_this)) continue;
      auto found = inspect(database_, table.name, false);
      if (!found) return failed(found);
      if (found->why_not.empty()) width = std::max(width, found->table.width());
    }
    return width;
  }

  /// A relay that always wanted all tables reads every new one, whether it wants a snapshot or
  /// not: nobody has seen those rows.
  [[nodiscard]] bool followed_all() const { return relay_before_ && !relay_before_->tables; }

  Result<void> arm() {
    auto sure = meta_integer(database_, "sure");
    if (!sure) return failed(sure);
    RepairOptions options{.sure = *sure, .except_relay = std::nullopt};
    if (!followed_all()) options.except_relay = request_.relay;
    auto repaired = repair(database_, options);
    if (!repaired) return failed(repaired);
    std::ranges::move(repaired->report, std::back_inserter(report));
    if (followed_all()) return {};
    auto now = load_captured(database_);
    if (!now) return failed(now);
    auto relay = load_relay(database_, request_.relay);
    if (!relay) return failed(relay);
    if (auto captured = all_captured(**relay, *now); !captured) return captured;
    return add_tasks(**relay, *now);
  }

  /// A listed table that cannot be captured is an error, and nothing has happened.
  Result<void> all_captured(const RelayRow& relay, const std::vector<Captured>& now) {
    if (!relay.tables) return {};
    for (const auto& name : *relay.tables) {
      if (std::ranges::any_of(now, [&](const auto& c) { return same_name(c.table, name); }))
        continue;
      std::string why = "table " + name + " cannot be captured";
      for (const auto& finding : report) {
        if (finding.kind == Finding::Kind::problem && finding.what.starts_with("table " + name)) {
          why = finding.what;
        }
      }
      return fail(Error{.origin = database_.origin(),
                        .name = "source.cannot_capture",
                        .message = why,
                        .next = "take " + name + " from `tables` in the configuration"});
    }
    return {};
  }

  Result<void> add_tasks(const RelayRow& relay, const std::vector<Captured>& now) {
    for (const auto& captured : now) {
      const bool had = relay_before_ && relay_before_->wants(captured.table) &&
                       std::ranges::any_of(captured_before_, [&](const auto& c) {
                         return same_name(c.table, captured.table);
                       });
      if (had || !relay.wants(captured.table)) continue;
      say("table " + captured.table +
          (request_.snapshot ? ": its rows will be read" : ": only changes from now on"));
      if (!request_.snapshot) continue;
      auto added = add_task(database_, captured.shape, relay.name, "init");
      if (!added) return added;
    }
    return {};
  }

  Database& database_;
  const CaptureRequest& request_;
  std::vector<Captured> captured_before_;
  std::optional<RelayRow> relay_before_;
};

Result<void> drop_relay(Database& database, const std::string& relay) {
  for (const char* sql : {"DELETE FROM _headwater_relays WHERE name = ?1",
                          "DELETE FROM _headwater_snapshots WHERE relay = ?1"}) {
    auto statement = database.prepare(sql);
    if (!statement) return failed(statement);
    statement->bind_text(0, relay);
    if (auto done = statement->run(); !done) return done;
  }
  return {};
}

/// On a log that is ready.
Result<void> remove_from_log(Database& database, const std::string& relay, Report& report) {
  auto there = load_relay(database, relay);
  if (!there) return failed(there);
  report.push_back(
      {Finding::Kind::ok, "relay " + relay + (*there ? ": removed" : ": was not registered"), {}});
  if (auto dropped = drop_relay(database, relay); !dropped) return dropped;
  auto left = load_relays(database);
  if (!left) return failed(left);
  if (left->empty()) {
    report.push_back({Finding::Kind::ok, "change log, triggers and all: removed", {}});
    return drop_log(database);
  }
  std::string names;
  for (const auto& other : *left) names.append(names.empty() ? "" : ", ").append(other.name);
  auto sure = meta_integer(database, "sure");
  if (!sure) return failed(sure);
  auto repaired = repair(database, {.sure = *sure, .except_relay = std::nullopt});
  if (!repaired) return failed(repaired);
  std::ranges::move(repaired->report, std::back_inserter(report));
  report.push_back({Finding::Kind::note, "the change log stays for: " + names, {}});
  return {};
}

}  // namespace

Result<Report> prepare(Database& database, const CaptureRequest& request) {
  Preparation preparation(database, request);
  auto done = database.transaction("IMMEDIATE", [&] { return preparation.run(); });
  if (!done) return failed(done);
  return std::move(preparation.report);
}

Result<Report> remove(Database& database, const std::string& relay) {
  Report report;
  auto done = database.transaction("IMMEDIATE", [&]() -> Result<void> {
    auto state = log_state(database);
    if (!state) return failed(state);
    switch (*state) {
      case LogState::absent:
        report.push_back({Finding::Kind::ok, "nothing of Headwater was in " + database.path(), {}});
        return {};
      case LogState::damaged:
        report.push_back({Finding::Kind::ok, "what was left of the change log: removed", {}});
        return drop_log(database);
      case LogState::newer:
        return fail(log_error(*state, database));
      case LogState::ready:
        break;
    }
    return remove_from_log(database, relay, report);
  });
  if (!done) return failed(done);
  return report;
}

}  // namespace headwater::sqlite

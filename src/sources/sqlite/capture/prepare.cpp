// What `init` does for a relay.
#include <algorithm>

#include "src/base/nearest.h"
#include "src/json/json.h"
#include "src/sources/sqlite/capture/capture.h"
#include "src/sources/sqlite/capture/catalog.h"
#include "src/sources/sqlite/capture/log_rows.h"
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
                     suggestion(name, names, "tables"),
          .next = "correct `tables` in the configuration"};
}

Error cannot_capture(const Database& database, const std::string& why, const std::string& name) {
  return {.origin = database.origin(),
          .name = "source.cannot_capture",
          .message = why,
          .next = "remove " + name + " from `tables` in the configuration"};
}

using Tables = std::optional<std::vector<std::string>>;

/// The listed tables in the database's spelling; nullopt: all.
Result<Tables> resolve(Database& database, const UserSchema& schema,
                       const CaptureRequest& request) {
  Tables result;
  if (!request.tables) return result;
  result.emplace();
  for (const auto& name : *request.tables) {
    const Candidate* found = schema.table(name);
    if (found == nullptr) return fail(no_such_table(database, name, schema.tables));
    auto inspected = inspect_table(database, schema, found->name, false);
    if (!inspected) return failed(inspected);
    if (!inspected->why_not.empty()) {
      const std::string why = found->name + " cannot be captured: " + inspected->why_not;
      return fail(cannot_capture(database, why, name));
    }
    if (std::ranges::find(*result, found->name) == result->end()) result->push_back(found->name);
  }
  return result;
}

Result<void> save_relay(Database& database, const std::string& name, const Tables& tables) {
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
    auto schema = load_schema(database_);
    if (!schema) return failed(schema);
    auto tables = resolve(database_, *schema, request_);
    if (!tables) return failed(tables);
    auto width = widest(*schema);
    if (!width) return failed(width);
    for (bool registered = false; !registered;) {
      if (auto cleared = clear_leftovers(); !cleared) return cleared;
      auto done = database_.transaction("IMMEDIATE", [&]() -> Result<void> {
        auto clear = clear_for_log();
        if (!clear) return failed(clear);
        registered = *clear;
        return registered ? register_relay(*tables, *width) : Result<void>();
      });
      if (!done) return done;
    }
    return arm(*tables);
  }

  Report report;

 private:
  void say(std::string what) { report.push_back({Finding::Kind::ok, std::move(what), {}}); }

  /// Someone may have dropped our tables but not the triggers, which would write into the new log.
  Result<void> clear_leftovers() {
    auto clear = clear_for_log();
    if (!clear || *clear) return clear ? Result<void>() : failed(clear);
    say("triggers of an earlier change log: removed");
    return drop_triggers(database_);
  }

  Result<bool> clear_for_log() {
    auto state = log_state(database_);
    if (!state) return failed(state);
    if (*state != LogState::absent) return true;
    auto names = trigger_names(database_);
    if (!names) return failed(names);
    return names->empty();
  }

  Result<void> register_relay(const Tables& tables, std::size_t width) {
    if (auto done = make_log(width); !done) return done;
    auto relay = load_relay(database_, request_.relay);
    if (!relay) return failed(relay);
    relay_before_ = std::move(*relay);
    if (auto saved = save_relay(database_, request_.relay, tables); !saved) return saved;
    say("relay " + request_.relay + (relay_before_ ? ": already registered" : ": registered"));
    return followed_all() ? Result<void>() : add_tasks();
  }

  Result<void> make_log(std::size_t width) {
    auto state = log_state(database_);
    if (!state) return failed(state);
    if (*state == LogState::ready) {
      say("change log: already exists");
      return {};
    }
    if (*state != LogState::absent) return fail(log_error(*state, database_));
    say("change log: created in " + database_.path());
    return create_log(database_, width);
  }

  /// The number of values in the widest image of the requested tables, if they fit.
  Result<std::size_t> widest(const UserSchema& schema) {
    std::size_t width = 0;
    for (const auto& table : schema.tables) {
      if (!table.why_not.empty() || !asks_for(request_.tables, table.name)) continue;
      auto found = inspect_table(database_, schema, table.name, true);
      if (!found) return failed(found);
      if (found->why_not.empty()) width = std::max(width, found->table.width());
    }
    return width;
  }

  /// A relay that always wanted all tables reads every new one, with or without a snapshot, because
  /// those rows were never published.
  [[nodiscard]] bool followed_all() const { return relay_before_ && !relay_before_->tables; }

  /// For tables that other relays have already captured.
  Result<void> add_tasks() {
    auto relay = load_relay(database_, request_.relay);
    if (!relay) return failed(relay);
    auto now = load_captured(database_);
    if (!now) return failed(now);
    for (const auto& captured : *now) {
      const bool had = relay_before_ && relay_before_->wants(captured.table);
      if (had || !(*relay)->wants(captured.table)) continue;
      const FirstRows rows = first_rows(database_, captured.table, request_.snapshot);
      say("table " + captured.table + ": " + words_for(rows));
      if (rows != FirstRows::read) continue;
      auto added = add_task(database_, captured.shape, request_.relay, "init");
      if (!added) return added;
    }
    return {};
  }

  Result<void> arm(const Tables& tables) {
    auto sure = meta_integer(database_, "sure");
    if (!sure) return failed(sure);
    RepairOptions options{.sure = *sure,
                          .relay = NewRelay{request_.relay, request_.snapshot},
                          .allow_uncaptured = request_.allow_uncaptured};
    if (followed_all()) options.relay.reset();
    auto repaired = repair(database_, options);
    if (!repaired) return failed(repaired);
    std::ranges::move(repaired->report, std::back_inserter(report));
    return tables ? all_captured(*tables) : Result<void>();
  }

  /// A listed table that cannot be captured is an error, and nothing has changed.
  Result<void> all_captured(const std::vector<std::string>& tables) {
    auto now = load_captured(database_);
    if (!now) return failed(now);
    for (const auto& name : tables) {
      if (std::ranges::any_of(*now, [&](const auto& c) { return same_name(c.table, name); }))
        continue;
      std::string why = "table " + name + " cannot be captured";
      for (const auto& finding : report) {
        if (finding.kind == Finding::Kind::problem && finding.what.starts_with("table " + name)) {
          why = finding.what;
        }
      }
      if (auto undone = undo(); !undone) return undone;
      return fail(cannot_capture(database_, why, name));
    }
    return {};
  }

  Result<void> undo() {
    if (!relay_before_) {
      auto removed = remove(database_, request_.relay);
      return removed ? Result<void>() : failed(removed);
    }
    auto saved = database_.transaction(
        "IMMEDIATE", [&] { return save_relay(database_, request_.relay, relay_before_->tables); });
    if (!saved) return saved;
    auto sure = meta_integer(database_, "sure");
    if (!sure) return failed(sure);
    auto repaired = repair(database_, {.sure = *sure});
    return repaired ? Result<void>() : failed(repaired);
  }

  Database& database_;
  const CaptureRequest& request_;
  std::optional<RelayRow> relay_before_;
};

}  // namespace

Result<Report> prepare(Database& database, const CaptureRequest& request) {
  Preparation preparation(database, request);
  if (auto done = preparation.run(); !done) return failed(done);
  return std::move(preparation.report);
}

}  // namespace headwater::sqlite

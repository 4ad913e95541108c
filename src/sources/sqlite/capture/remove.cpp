// What `init --remove` does for a relay.
#include <algorithm>

#include "src/sources/sqlite/capture/capture.h"
#include "src/sources/sqlite/capture/catalog.h"
#include "src/sources/sqlite/capture/log_rows.h"
#include "src/sources/sqlite/capture/log_tables.h"
#include "src/sources/sqlite/capture/repair.h"

namespace headwater::sqlite {
namespace {

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

/// The log must be ready. Returns true if that was the last relay.
Result<bool> remove_from_log(Database& database, const std::string& relay, Report& report) {
  auto there = load_relay(database, relay);
  if (!there) return failed(there);
  report.push_back(
      {Finding::Kind::ok, "relay " + relay + (*there ? ": removed" : ": was not registered"), {}});
  if (auto dropped = drop_relay(database, relay); !dropped) return failed(dropped);
  auto left = load_relays(database);
  if (!left) return failed(left);
  if (left->empty()) return true;
  std::string names;
  for (const auto& other : *left) names.append(names.empty() ? "" : ", ").append(other.name);
  report.push_back({Finding::Kind::note, "the change log stays for: " + names, {}});
  return false;
}

/// Removes the log, unless a relay was registered in the meantime.
Result<void> drop_all(Database& database) {
  if (auto dropped = drop_triggers(database); !dropped) return dropped;
  if (auto emptied = empty_log(database); !emptied) return emptied;
  return database.transaction("IMMEDIATE", [&]() -> Result<void> {
    auto state = log_state(database);
    if (!state) return failed(state);
    if (*state == LogState::absent) return {};
    if (*state == LogState::taken) return fail(log_error(*state, database));
    if (*state == LogState::ready) {
      auto left = load_relays(database);
      if (!left) return failed(left);
      if (!left->empty()) return {};
    }
    return drop_log(database);
  });
}

/// Returns true if nothing of Headwater may stay. Inside a transaction.
Result<bool> remove_relay(Database& database, const std::string& relay, Report& report) {
  auto state = log_state(database);
  if (!state) return failed(state);
  const bool strange = *state == LogState::newer || *state == LogState::taken;
  if (strange) return fail(log_error(*state, database));
  if (*state != LogState::ready) {
    report.push_back({Finding::Kind::ok,
                      *state == LogState::absent ? "nothing of Headwater is in " + database.path()
                                                 : "rest of the change log: removed",
                      {}});
    return true;
  }
  auto removed = remove_from_log(database, relay, report);
  if (!removed) return failed(removed);
  if (*removed) report.push_back({Finding::Kind::ok, "change log and triggers: removed", {}});
  return removed;
}

}  // namespace

Result<Report> remove(Database& database, const std::string& relay) {
  Report report;
  bool last = true;
  auto done = database.transaction("IMMEDIATE", [&]() -> Result<void> {
    auto was_last = remove_relay(database, relay, report);
    if (!was_last) return failed(was_last);
    last = *was_last;
    return {};
  });
  if (!done) return failed(done);
  if (last) {
    if (auto dropped = drop_all(database); !dropped) return failed(dropped);
    return report;
  }
  auto sure = meta_integer(database, "sure");
  if (!sure) return failed(sure);
  auto repaired = repair(database, {.sure = *sure});
  if (!repaired) return failed(repaired);
  std::ranges::move(repaired->report, std::back_inserter(report));
  return report;
}

}  // namespace headwater::sqlite

#include "src/sources/sqlite/feed/beside.h"

#include <algorithm>

#include "src/sources/sqlite/capture/catalog.h"
#include "src/sources/sqlite/capture/rows.h"

namespace headwater::sqlite {
namespace {

using Tables = std::optional<std::vector<std::string>>;

std::string key_of(const std::string& relay) { return "beside:" + relay; }

/// Returns a table that both follow; "all" if both follow all; empty if there is none.
std::string common(const Tables& a, const Tables& b) {
  if (!a || !b) {
    if (a && !a->empty()) return a->front();
    if (b && !b->empty()) return b->front();
    return "all";
  }
  const auto found =
      std::ranges::find_if(*a, [&](const std::string& name) { return has_name(*b, name); });
  return found == a->end() ? std::string() : *found;
}

Result<void> set_beside(Database& database, const std::string& relay, bool beside) {
  const std::string key = quote_text(key_of(relay));
  if (!beside) return database.execute("DELETE FROM main._headwater_meta WHERE key = " + key);
  return database.execute("INSERT OR REPLACE INTO main._headwater_meta VALUES(" + key + ", 1)");
}

}  // namespace

Result<Report> note_others(Database& database, const CaptureRequest& request) {
  Report report;
  if (!load_uuid(database)) return report;  // not prepared, or prepare() reports it
  auto relays = load_relays(database);
  if (!relays) return failed(relays);
  const auto us = std::ranges::find(*relays, request.relay, &RelayRow::name);
  const bool known = us != relays->end();
  if (known) relays->erase(us);
  if (!known) {
    auto set = set_beside(database, request.relay, !relays->empty());
    if (!set) return failed(set);
  }
  auto source = source_of(database, request.relay);
  if (!source) return failed(source);
  for (const RelayRow& other : *relays) {
    const std::string table = common(request.tables, other.tables);
    if (table.empty()) continue;
    report.push_back({.kind = Finding::Kind::note,
                      .what = "relay " + other.name + " follows " +
                              (table == "all" ? "all tables" : "table " + table) +
                              ", too, so one stream would have each change once for each relay; "
                              "the events of relay " +
                              request.relay + " have the source " + *source,
                      .next = {}});
  }
  return report;
}

Result<std::string> source_of(Database& database, const std::string& relay) {
  auto uuid = load_uuid(database);
  if (!uuid) return failed(uuid);
  auto beside = database.integer("SELECT count(*) FROM main._headwater_meta WHERE key = " +
                                 quote_text(key_of(relay)));
  if (!beside) return failed(beside);
  return "sqlite:" + *uuid + (*beside == 0 ? std::string() : ":" + relay);
}

Result<void> forget_relay(Database& database, const std::string& relay) {
  std::string keys;
  for (const char* prefix : {"mark:", "lost:", "beside:"}) {
    keys.append(keys.empty() ? "" : ", ").append(quote_text(prefix + relay));
  }
  return database.execute("DELETE FROM main._headwater_meta WHERE key IN (" + keys + ")");
}

}  // namespace headwater::sqlite

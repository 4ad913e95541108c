#include "src/sources/rethinkdb/inspect.h"

#include <utility>
#include <vector>

#include "src/json/json.h"
#include "src/sources/rethinkdb/feed/checked_position.h"
#include "src/sources/rethinkdb/journal/standing.h"

namespace headwater::rethinkdb {
namespace {

using Kind = Finding::Kind;

std::optional<Json> answer_to(Session& session, const Term& term) {
  auto results = session.ask(term, {});
  if (!results) return std::nullopt;
  std::string all = "[";
  for (const std::string_view value : results->values)
    all.append(all.size() > 1 ? "," : "").append(value);
  return Json::parse(all + "]");
}

/// What a lost server costs.
void inspect_durability(const Json& config, const std::string& words, Report& report) {
  if (config["write_acks"].text() == "single" && config["shards"][0]["replicas"].size() > 1) {
    report.push_back({.kind = Kind::note,
                      .what = "table " + words +
                              ": writes are acknowledged by one replica, so a failover may undo "
                              "one that a client was told of; what is published is on a majority",
                      .next = "r.table(…).config().update({write_acks: 'majority'})"});
  }
  if (config["durability"].text() == "soft") {
    report.push_back(
        {.kind = Kind::note,
         .what = "table " + words +
                 ": writes are acknowledged before they are on disk, so a power failure may undo "
                 "one that a client was told of; what is published is on disk",
         .next = "r.table(…).config().update({durability: 'hard'})"});
  }
}

/// Of a row of the table `permissions`, whose id is [user], [user, database] or [user, database, table].
bool is_about(const Json& permission, const Json& config) {
  const Json& database = permission["database"];
  const Json& table = permission["table"];
  if (!database.is_null() && database != config["db"]) return false;
  return table.is_null() || table == config["name"];
}

void inspect_users(const Json& permissions, const Json& config, Report& report) {
  std::string users;
  for (const Json& each : permissions.elements()) {
    const auto user = each["user"].text().value_or("");
    if (!each["permissions"]["config"].boolean().value_or(false) || !is_about(each, config))
      continue;
    if ((", " + users + ",").find(", " + std::string(user) + ",") != std::string::npos) continue;
    users.append(users.empty() ? "" : ", ").append(user);
  }
  if (users.empty()) return;
  report.push_back({.kind = Kind::note,
                    .what = "these users may write past the hook (ignore_write_hook, restore), "
                            "which is not published: " +
                            users,
                    .next = "give services users with read and write only"});
}

}  // namespace

Report inspect(Session& session, const std::string& relay) {
  const SourceOptions& options = session.options();
  auto standing = standing_of(session, {});
  if (!standing) return {problem(standing.error())};
  if (auto sound = check_standing(*standing, relay); !sound) return {problem(sound.error())};
  Report report{{.what = "table " + options.words() + ": the hook keeps journal " + standing->kept +
                         ", released " + std::to_string(standing->registered->released) +
                         " times"}};
  if (!standing->registered->doubt.empty()) report.push_back(problem(doubted(*standing)));
  const auto config =
      answer_to(session, table(options.database, options.table).then(TermType::config));
  const auto permissions = answer_to(session, table("rethinkdb", "permissions"));
  if (config) inspect_durability((*config)[0], options.words(), report);
  if (config && permissions) {
    inspect_users(*permissions, (*config)[0], report);
  } else {
    report.push_back(
        {.kind = Kind::note,
         .what = "user " + options.login.user + " may not see who can write past the hook",
         .next = "headwater check -c FILE, as admin, names them"});
  }
  return report;
}

}  // namespace headwater::rethinkdb

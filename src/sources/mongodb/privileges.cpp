#include "src/sources/mongodb/privileges.h"

#include <utility>

namespace headwater::mongodb {
namespace {

bool servers_own(const std::string& collection) { return collection.starts_with("system."); }

/// Whether a privilege's resource takes in what is asked for:
/// https://www.mongodb.com/docs/manual/reference/resource-document/.
bool takes_in(const bson_t* resource, const Privilege& asked) {
  if (find_flag(resource, "anyResource")) return true;
  if (asked.cluster) return find_flag(resource, "cluster");
  const auto database = find_text(resource, "db");
  const auto collection = find_text(resource, "collection");
  if (!database || !collection) return false;
  // An empty name takes in all; a named one never takes in "any".
  if (!database->empty() && *database != asked.database) return false;
  return (collection->empty() && !servers_own(asked.collection)) ||
         (!asked.collection.empty() && *collection == asked.collection);
}

bool lists(const bson_t* privilege, const std::string& action) {
  const auto actions = find(privilege, "actions");
  bson_iter_t each;
  if (!actions || !bson_iter_recurse(&*actions, &each)) return false;
  while (bson_iter_next(&each)) {
    if (!BSON_ITER_HOLDS_UTF8(&each)) continue;
    std::uint32_t length = 0;
    const std::string_view word = bson_iter_utf8(&each, &length);
    if (word == action || word == "anyAction") return true;
  }
  return false;
}

}  // namespace

std::string Privilege::words() const {
  if (cluster) return action + " on the cluster";
  if (database.empty()) return action + " on every database";
  if (collection.empty()) return action + " on the database " + database;
  return action + " on " + database + "." + collection;
}

std::vector<Privilege> privileges_for(const SourceOptions& options) {
  const Watch& watch = options.watch;
  std::vector<Privilege> all;
  for (const char* action : {"changeStream", "find"}) {
    all.push_back({.action = action,
                   .database = watch.database,
                   .collection = watch.collection,
                   .purpose = "to follow the changes"});
  }
  if (options.snapshot) {
    all.push_back({.action = "listCollections",
                   .database = watch.database,
                   .purpose = "to find what the snapshot has to read"});
    if (watch.deployment()) {
      all.push_back({.action = "listDatabases",
                     .cluster = true,
                     .purpose = "to find what the snapshot has to read"});
    }
  }
  if (options.identity.empty()) {
    all.push_back(
        {.action = "replSetGetConfig",
         .cluster = true,
         .purpose = "to name the source by the replica set's own id (or set `identity`)"});
  }
  all.push_back({.action = "find",
                 .database = "local",
                 .collection = "oplog.rs",
                 .needed = false,
                 .purpose = "to see how far the oplog reaches, and whether the deployment was "
                            "restored from an older backup"});
  return all;
}

Granted::Granted(Doc reply, std::optional<std::string> user)
    : reply_(std::move(reply)), user_(std::move(user)) {}

Result<Granted> Granted::ask(Connection& connection) {
  Doc command;
  command.add("connectionStatus", 1).add("showPrivileges", true);
  auto reply = connection.run("admin", command, "asking for the user's privileges");
  if (!reply) return fail(std::move(reply.error()));
  std::optional<std::string> user;
  if (const auto name = find_text(reply->get(), "authInfo.authenticatedUsers.0.user")) {
    user = std::string(*name);
  }
  return Granted(std::move(*reply), std::move(user));
}

bool Granted::has(const Privilege& privilege) const {
  const auto all = find(reply_.get(), "authInfo.authenticatedUserPrivileges");
  bson_iter_t each;
  if (!all || !bson_iter_recurse(&*all, &each)) return false;
  while (bson_iter_next(&each)) {
    const auto granted = DocView::at(each);
    if (!granted) continue;
    const auto resource = find_document(granted->get(), "resource");
    if (resource && takes_in(resource->get(), privilege) &&
        lists(granted->get(), privilege.action)) {
      return true;
    }
  }
  return false;
}

}  // namespace headwater::mongodb

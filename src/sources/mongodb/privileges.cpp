#include "src/sources/mongodb/privileges.h"

#include <optional>
#include <string_view>
#include <utility>

#include "src/event/json_text.h"

namespace headwater::mongodb {
namespace {

constexpr const char* users = "authInfo.authenticatedUsers";
constexpr const char* roles = "authInfo.authenticatedUserRoles";
constexpr const char* privileges = "authInfo.authenticatedUserPrivileges";
constexpr std::string_view own_role = "headwater";

/// The documents in an array; none if it is not there.
std::vector<DocView> documents(const Doc& reply, const char* name) {
  std::vector<DocView> all;
  const auto array = find(reply.get(), name);
  bson_iter_t each;
  if (!array || !bson_iter_recurse(&*array, &each)) return all;
  while (bson_iter_next(&each)) {
    if (const auto one = DocView::at(each)) all.push_back(*one);
  }
  return all;
}

/// "Any collection" means neither the server's own, nor, where it is of any database, those of
/// local and config: buildResourceSearchList in src/mongo/db/auth/authorization_session_impl.cpp.
bool in_any_collection(const Privilege& asked, bool of_any_database) {
  if (asked.collection.starts_with("system.")) return false;
  return !of_any_database || (asked.database != "local" && asked.database != "config");
}

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
  if (collection->empty()) return in_any_collection(asked, database->empty());
  return *collection == asked.collection;
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

bool same_resource(const Privilege& a, const Privilege& b) {
  return a.cluster == b.cluster && a.database == b.database && a.collection == b.collection;
}

/// One resource with all the actions that are missing on it.
std::string resource_text(const std::vector<Privilege>& missing, const Privilege& first) {
  std::string text = "{resource: {";
  text += first.cluster ? "cluster: true"
                        : "db: " + shell_text(first.database) +
                              ", collection: " + shell_text(first.collection);
  text += "}, actions: [";
  bool more = false;
  for (const Privilege& privilege : missing) {
    if (!same_resource(privilege, first)) continue;
    text += (more ? ", " : "") + shell_text(privilege.action);
    more = true;
  }
  return text + "]}";
}

std::string list_text(const std::vector<Privilege>& missing) {
  std::string text = "[";
  for (std::size_t i = 0; i < missing.size(); ++i) {
    bool before = false;
    for (std::size_t j = 0; j < i; ++j) before = before || same_resource(missing[j], missing[i]);
    if (!before) text += (i == 0 ? "" : ", ") + resource_text(missing, missing[i]);
  }
  return text + "]";
}

}  // namespace

std::string shell_text(std::string_view text) {
  std::string quoted;
  append_json_name(quoted, text);
  return quoted;
}

std::string Privilege::words() const {
  if (cluster) return action + " on the cluster";
  if (database.empty()) return action + " on every database";
  if (collection.empty()) return action + " on the database " + database;
  return action + " on " + database + "." + collection;
}

std::vector<Privilege> privileges_for(const SourceOptions& options, const ServerFacts& facts) {
  const Watch& watch = options.watch;
  std::vector<Privilege> all;
  for (const char* action : {"changeStream", "find"}) {
    all.push_back({.action = action,
                   .database = watch.database,
                   .collection = watch.collection,
                   .purpose = "to follow the changes"});
  }
  const bool reads = options.policies.snapshot || options.policies.on_lost == OnLost::snapshot;
  all.push_back({.action = "listCollections",
                 .database = watch.database,
                 .needed = reads,
                 .purpose = reads ? "to find what the snapshot has to read"
                                  : "to see how the collections are set up"});
  if (options.identity.empty()) {
    const std::string purpose = "to name the source by the deployment's own id, or set `identity`";
    if (facts.router) {
      all.push_back(
          {.action = "find", .database = "config", .collection = "version", .purpose = purpose});
    } else {
      all.push_back({.action = "replSetGetConfig", .cluster = true, .purpose = purpose});
    }
  }
  if (!facts.router) {
    all.push_back({.action = "find",
                   .database = "local",
                   .collection = "oplog.rs",
                   .needed = false,
                   .purpose = "to see how far the oplog reaches, and whether the deployment was "
                              "restored from an older backup"});
  }
  return all;
}

std::vector<Privilege> claim_privileges(const std::string& database) {
  std::vector<Privilege> all;
  // Whoever may insert may create the collection.
  for (const char* action : {"find", "insert", "update", "remove", "dropCollection"}) {
    all.push_back({.action = action,
                   .database = database,
                   .collection = std::string(standby_collection),
                   .purpose = "to claim to lead"});
  }
  all.back().needed = false;
  all.back().purpose = "to leave nothing in the database after init --remove";
  return all;
}

Result<Granted> Granted::ask(Connection& connection) {
  Doc command;
  command.add("connectionStatus", 1).add("showPrivileges", true);
  auto reply = connection.run("admin", command, "asking for the user's privileges");
  if (!reply) return failed(reply);
  return Granted(std::move(*reply));
}

bool Granted::no_user() const { return documents(reply_, users).empty(); }

bool Granted::unknown() const {
  return !documents(reply_, roles).empty() && documents(reply_, privileges).empty();
}

std::string Granted::user() const {
  const auto all = documents(reply_, users);
  return all.empty() ? "" : std::string(find_text(all.front().get(), "user").value_or(""));
}

bool Granted::has(const Privilege& privilege) const {
  for (const DocView& granted : documents(reply_, privileges)) {
    const auto resource = find_document(granted.get(), "resource");
    if (resource && takes_in(resource->get(), privilege) &&
        lists(granted.get(), privilege.action)) {
      return true;
    }
  }
  return false;
}

std::string Granted::commands_for(const std::vector<Privilege>& missing) const {
  const std::string role = shell_text(own_role);
  for (const DocView& one : documents(reply_, roles)) {
    if (find_text(one.get(), "role") == own_role && find_text(one.get(), "db") == "admin") {
      return "in mongosh: db.getSiblingDB(\"admin\").grantPrivilegesToRole(" + role + ", " +
             list_text(missing) + ")";
    }
  }
  const auto all = documents(reply_, users);
  const auto database = all.empty() ? std::nullopt : find_text(all.front().get(), "db");
  return "in mongosh: db.getSiblingDB(\"admin\").createRole({role: " + role +
         ", privileges: " + list_text(missing) + ", roles: []}); db.getSiblingDB(" +
         shell_text(database.value_or("admin")) + ").grantRolesToUser(" + shell_text(user()) +
         ", [{role: " + role + ", db: \"admin\"}])";
}

}  // namespace headwater::mongodb

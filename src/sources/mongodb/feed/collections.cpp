#include "src/sources/mongodb/feed/collections.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace headwater::mongodb {
namespace {

bool servers_own(std::string_view database) {
  return database == "admin" || database == "local" || database == "config";
}

Result<std::vector<std::string>> list_databases(Connection& connection, const Watch& watch) {
  if (!watch.deployment()) return std::vector<std::string>{watch.database};
  auto reply = connection.run("admin", Doc().add("listDatabases", 1).add("nameOnly", true),
                              "listing the databases");
  if (!reply) return failed(reply);
  std::vector<std::string> names;
  for (const Doc& each : items_in(*reply, "databases")) {
    std::string name(find_text(each.get(), "name").value_or(""));
    if (!servers_own(name)) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

std::vector<Doc> items_in(const Doc& reply, const char* array) {
  std::vector<Doc> items;
  const auto at = find(reply.get(), array);
  bson_iter_t each;
  if (!at || !bson_iter_recurse(&*at, &each)) return items;
  while (bson_iter_next(&each)) {
    if (const auto item = DocView::at(each)) items.push_back(Doc::copy_of(*item->get()));
  }
  return items;
}

Result<std::vector<CollectionName>> list_collections(Connection& connection, const Watch& watch,
                                                     const CollectionName& after) {
  auto databases = list_databases(connection, watch);
  if (!databases) return failed(databases);
  Doc only;
  only.add("type", "collection");
  if (watch.one_collection()) only.add("name", watch.collection);
  Doc command;
  command.add("listCollections", 1).add("filter", only).add("nameOnly", true);
  // In one batch: names are short, and a reply holds 16 MB of them.
  command.add("cursor", Doc().add("batchSize", 1'000'000));
  std::vector<CollectionName> names;
  for (const std::string& database : *databases) {
    auto reply = connection.run(database, command, "listing the collections of " + database);
    if (!reply) return failed(reply);
    for (const Doc& each : items_in(*reply, "cursor.firstBatch")) {
      CollectionName name{database, std::string(find_text(each.get(), "name").value_or(""))};
      if (!is_internal(name.collection) && name > after) names.push_back(std::move(name));
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::uint64_t> estimate_documents(Connection& connection, const CollectionName& name) {
  auto reply = connection.run(name.database, Doc().add("count", name.collection),
                              "counting " + name.database + "." + name.collection);
  if (!reply) return failed(reply);
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, find_number(reply->get(), "n").value_or(0)));
}

Result<bool> has_collation(Connection& connection, const CollectionName& name) {
  Doc command;
  command.add("listCollections", 1);
  command.add("filter", Doc().add("name", name.collection));
  auto reply = connection.run(name.database, command, "reading the collection's options");
  if (!reply) return failed(reply);
  const auto locale = find_text(reply->get(), "cursor.firstBatch.0.options.collation.locale");
  return locale && *locale != "simple";
}

}  // namespace headwater::mongodb

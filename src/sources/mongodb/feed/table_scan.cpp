#include "src/sources/mongodb/feed/table_scan.h"

#include <algorithm>
#include <compare>
#include <utility>

#include "src/sources/mongodb/bson/order.h"
#include "src/sources/mongodb/feed/history.h"

namespace headwater::mongodb {
namespace {

constexpr std::size_t piece_bytes = std::size_t{1} << 20U;
constexpr std::int32_t most_documents = 4'096;
constexpr int most_tries = 20;

bson_value_t id_of(const Doc& document) {
  bson_value_t value{};
  const auto at = find(document.get(), "_id");
  if (at) value = *bson_iter_value(const_cast<bson_iter_t*>(&*at));
  return value;
}

/// {"_id": …} of a document.
Doc key_of(const Doc& document) {
  Doc key;
  if (const auto at = find(document.get(), "_id")) bson_append_iter(key.out(), "_id", -1, &*at);
  return key;
}

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

bool servers_own(std::string_view database) {
  return database == "admin" || database == "local" || database == "config";
}

Doc simple_collation() { return std::move(Doc().add("locale", "simple")); }

/// The stage that makes of a document the insert event it could have been.
Doc wrapping(const CollectionName& name) {
  Doc event;
  event.add("_id", Doc().add("_data", Doc().add("$literal", "snapshot")));
  event.add("operationType", Doc().add("$literal", "insert"));
  Doc where;
  where.add("db", Doc().add("$literal", name.database));
  where.add("coll", Doc().add("$literal", name.collection));
  event.add("ns", where);
  event.add("documentKey", Doc().add("_id", "$_id"));
  event.add("fullDocument", "$$ROOT");
  return std::move(Doc().add("$replaceRoot", Doc().add("newRoot", event)));
}

}  // namespace

// A secondary takes no transactions.
TableScan::TableScan(Pool& pool, const ServerFacts& facts, const std::vector<Doc>& pipeline)
    : connection_(pool,
                  facts.snapshot_reads() ? Connection::To::preferred : Connection::To::primary),
      reads_(connection_, facts),
      pipeline_(&pipeline) {}

Result<std::vector<CollectionName>> TableScan::collections(const Watch& watch,
                                                           const CollectionName& after) {
  std::vector<std::string> databases{watch.database};
  if (watch.deployment()) {
    databases.clear();
    auto reply = connection_.run("admin", Doc().add("listDatabases", 1).add("nameOnly", true),
                                 "listing the databases");
    if (!reply) return failed(reply);
    for (const Doc& each : items_in(*reply, "databases")) {
      std::string name(find_text(each.get(), "name").value_or(""));
      if (!servers_own(name)) databases.push_back(std::move(name));
    }
  }
  std::vector<CollectionName> names;
  for (const std::string& database : databases) {
    Doc only;
    only.add("type", "collection");
    if (watch.one_collection()) only.add("name", watch.collection);
    Doc command;
    command.add("listCollections", 1).add("filter", only).add("nameOnly", true);
    // In one batch: names are short, and a reply holds 16 MB of them.
    command.add("cursor", Doc().add("batchSize", 1'000'000));
    auto reply = connection_.run(database, command, "listing the collections of " + database);
    if (!reply) return failed(reply);
    for (const Doc& each : items_in(*reply, "cursor.firstBatch")) {
      CollectionName name{database, std::string(find_text(each.get(), "name").value_or(""))};
      if (!name.collection.starts_with("system.") && name > after) names.push_back(std::move(name));
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<ClusterTime> TableScan::now() {
  auto facts = connection_.facts();
  if (!facts) return failed(facts);
  return facts->newest;
}

Result<std::uint64_t> TableScan::estimate(const CollectionName& name) {
  auto reply = connection_.run(name.database, Doc().add("count", name.collection),
                               "counting " + name.database + "." + name.collection);
  if (!reply) return failed(reply);
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, find_number(reply->get(), "n").value_or(0)));
}

Result<TablePiece> TableScan::next(const CollectionName& name, const Doc* after,
                                   ClusterTime not_before) {
  for (int left = most_tries;; --left) {
    if (auto begun = reads_.begin(); !begun) return failed(begun);
    auto result = piece(name, after);
    reads_.end();
    // The server asked may know less than the one that the changes came from.
    const bool early = result && result->time < not_before;
    if (early) result = fail(behind());
    if (result || left == 0 || !(early || reads_.out_of_reach())) return result;
    auto waited = reads_.wait_for_majority(name.database, name.collection,
                                           early ? not_before : ClusterTime{});
    if (!waited) return failed(waited);
  }
}

Result<TablePiece> TableScan::piece(const CollectionName& name, const Doc* after) {
  auto keys = range(name, after);
  if (!keys) return failed(keys);
  TablePiece piece{.documents = {},
                   .wrapped = !pipeline_->empty(),
                   .time = reads_.time(),
                   .last = {},
                   .end = keys->end};
  if (!keys->documents.empty()) piece.last = key_of(keys->documents.back());
  if (!piece.wrapped) {
    piece.documents = std::move(keys->documents);
  } else if (!keys->documents.empty()) {
    auto events = filtered(name, keys->documents);
    if (!events) return failed(events);
    piece.documents = std::move(*events);
  }
  adapt(piece.documents);
  return piece;
}

/// Documents behind `after`, or only their keys where the pipeline is to see them first.
Result<TableScan::Keys> TableScan::range(const CollectionName& name, const Doc* after) {
  auto own_order = collated(name);
  if (!own_order) return failed(own_order);
  Doc command;
  command.add("find", name.collection).add("sort", Doc().add("_id", 1));
  if (*own_order) {
    // Its _id index is sorted by its own rules, which this program does not know.
    command.add("collation", simple_collation()).add("allowDiskUse", true);
    if (after != nullptr) {
      Doc sides;
      sides.add("0", "$_id").add("1", Doc().add("$literal", id_of(*after)));
      Doc greater;
      bson_append_array(greater.out(), "$gt", -1, sides.get());
      command.add("filter", Doc().add("$expr", greater));
    }
  } else {
    // A filter {_id: {$gt: …}} would only find values of the same type; bounds find all.
    command.add("hint", Doc().add("_id", 1));
    if (after != nullptr) command.add("min", *after);
  }
  if (!pipeline_->empty()) command.add("projection", Doc().add("_id", 1));
  // One more than wanted: the lower bound is inclusive.
  const std::int32_t wanted = count_ + 1;
  command.add("limit", wanted).add("batchSize", wanted);
  auto reply = reads_.run(name.database, std::move(command));
  if (!reply) return failed(reply);
  Keys keys{.documents = items_in(*reply, "cursor.firstBatch"), .end = false};
  const std::int64_t cursor = find_number(reply->get(), "cursor.id").value_or(0);
  keys.end = cursor == 0 && keys.documents.size() < static_cast<std::size_t>(wanted);
  if (after != nullptr && !keys.documents.empty() &&
      compare(id_of(keys.documents.front()), id_of(*after)) == std::weak_ordering::equivalent) {
    keys.documents.erase(keys.documents.begin());
  }
  if (cursor == 0) return keys;
  if (auto rest = rest_of(name, cursor, keys); !rest) return failed(rest);
  return keys;
}

/// The bound itself and a document behind it may be too large for one reply together.
Result<void> TableScan::rest_of(const CollectionName& name, std::int64_t cursor, Keys& keys) {
  if (keys.documents.empty()) {
    Doc more;
    more.add("getMore", cursor).add("collection", name.collection).add("batchSize", 1);
    auto reply = reads_.run(name.database, std::move(more));
    if (!reply) return failed(reply);
    keys.documents = items_in(*reply, "cursor.nextBatch");
    cursor = find_number(reply->get(), "cursor.id").value_or(0);
    keys.end = cursor == 0 && keys.documents.empty();
  }
  if (cursor == 0 || !reads_.keeps_cursors()) return {};
  Doc cursors;
  cursors.add("0", cursor);
  Doc kill;
  kill.add("killCursors", name.collection);
  bson_append_array(kill.out(), "cursors", -1, cursors.get());
  // If it stays, the server ends it later by itself.
  (void)connection_.send(name.database, kill);
  return {};
}

Result<std::vector<Doc>> TableScan::filtered(const CollectionName& name,
                                             const std::vector<Doc>& keys) {
  Doc ids;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    ids.add(std::to_string(i).c_str(), id_of(keys[i]));
  }
  Doc among;
  bson_append_array(among.out(), "$in", -1, ids.get());
  std::vector<Doc> stages;
  stages.push_back(std::move(Doc().add("$match", Doc().add("_id", among))));
  stages.push_back(std::move(Doc().add("$sort", Doc().add("_id", 1))));
  stages.push_back(wrapping(name));
  for (const Doc& stage : *pipeline_) stages.push_back(Doc::copy_of(*stage.get()));
  Doc command;
  command.add("aggregate", name.collection).add("pipeline", stages);
  command.add("cursor", Doc().add("batchSize", most_documents + 1));
  command.add("collation", simple_collation());
  auto reply = reads_.run(name.database, std::move(command));
  if (!reply) return failed(reply);
  std::vector<Doc> events = items_in(*reply, "cursor.firstBatch");
  std::int64_t cursor = find_number(reply->get(), "cursor.id").value_or(0);
  while (cursor != 0) {
    Doc more;
    more.add("getMore", cursor).add("collection", name.collection);
    auto rest = reads_.run(name.database, std::move(more));
    if (!rest) return failed(rest);
    for (Doc& event : items_in(*rest, "cursor.nextBatch")) events.push_back(std::move(event));
    cursor = find_number(rest->get(), "cursor.id").value_or(0);
  }
  return events;
}

Result<bool> TableScan::collated(const CollectionName& name) {
  if (known_ == name) return known_collated_;
  Doc command;
  command.add("listCollections", 1);
  command.add("filter", Doc().add("name", name.collection));
  auto reply = connection_.run(name.database, command, "looking at the collection's options");
  if (!reply) return failed(reply);
  const auto locale = find_text(reply->get(), "cursor.firstBatch.0.options.collation.locale");
  known_ = name;
  known_collated_ = locale && *locale != "simple";
  return known_collated_;
}

void TableScan::adapt(const std::vector<Doc>& documents) {
  if (documents.empty()) return;
  std::size_t bytes = 0;
  for (const Doc& document : documents) bytes += document.get()->len;
  const std::size_t average = std::max<std::size_t>(1, bytes / documents.size());
  const auto fitting = static_cast<std::int32_t>(
      std::min<std::size_t>(static_cast<std::size_t>(most_documents), piece_bytes / average));
  // Grows by steps: the next documents may be larger.
  count_ = std::clamp(fitting, 1, count_ * 4);
}

}  // namespace headwater::mongodb

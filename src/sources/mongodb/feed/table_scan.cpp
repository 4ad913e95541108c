#include "src/sources/mongodb/feed/table_scan.h"

#include <algorithm>
#include <compare>
#include <utility>

#include "src/sources/mongodb/bson/order.h"
#include "src/sources/mongodb/feed/history.h"
#include "src/sources/mongodb/feed/piece_commands.h"

namespace headwater::mongodb {
namespace {

constexpr std::size_t piece_bytes = std::size_t{1} << 20U;
constexpr std::int32_t most_documents = 4'096;
constexpr int most_tries = 20;

/// {"_id": …} of a document.
Doc key_of(const Doc& document) {
  Doc key;
  if (const auto at = find(document.get(), "_id")) bson_append_iter(key.out(), "_id", -1, &*at);
  return key;
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
  return list_collections(connection_, watch, after);
}

Result<std::uint64_t> TableScan::estimate(const CollectionName& name) {
  return estimate_documents(connection_, name);
}

Result<ClusterTime> TableScan::now() {
  auto facts = connection_.facts();
  if (!facts) return failed(facts);
  return facts->newest;
}

Result<TablePiece> TableScan::next(const CollectionName& name, const Doc* after,
                                   ClusterTime not_before, const Doc* filter) {
  for (int left = most_tries;; --left) {
    if (auto begun = reads_.begin(); !begun) return failed(begun);
    auto result = piece(name, after, filter);
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

Result<void> TableScan::check_filter(const CollectionName& name, const Doc& filter) {
  Doc command;
  command.add("find", name.collection).add("limit", 1).add("singleBatch", true);
  command.add("filter", matching_nothing(filter));
  auto reply = connection_.run(name.database, command);
  if (!reply) return failed(reply);
  return {};
}

Result<TablePiece> TableScan::piece(const CollectionName& name, const Doc* after,
                                    const Doc* filter) {
  auto keys = range(name, after, filter);
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

/// Documents after `after`, or only their keys if the pipeline has to see them first.
Result<TableScan::Keys> TableScan::range(const CollectionName& name, const Doc* after,
                                         const Doc* filter) {
  auto own_order = collated(name);
  if (!own_order) return failed(own_order);
  // One more than wanted: the lower bound is inclusive.
  const std::int32_t wanted = count_ + 1;
  auto reply = reads_.run(name.database, find_command(name, {.after = after,
                                                             .filter = filter,
                                                             .own_collation = *own_order,
                                                             .only_keys = !pipeline_->empty(),
                                                             .documents = wanted}));
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

/// The bound itself and a document after it may be too large for one reply together.
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
  auto reply =
      reads_.run(name.database, filter_command(name, keys, *pipeline_, most_documents + 1));
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
  auto found = has_collation(connection_, name);
  if (!found) return found;
  known_ = name;
  known_collated_ = *found;
  return found;
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

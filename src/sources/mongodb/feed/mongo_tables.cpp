#include "src/sources/mongodb/feed/mongo_tables.h"

#include <compare>
#include <utility>

#include "src/sources/mongodb/bson/order.h"

namespace headwater::mongodb {
namespace {

Error unreadable_place(const std::string& after) {
  return {.remedy = Remedy::stop,
          .origin = Origin::source,
          .name = "source.bad_position",
          .message = "the position's place in the snapshot cannot be read: " + after,
          .next = "headwater position -c FILE reset"};
}

Error bad_filter(const std::string& why) {
  return {.remedy = Remedy::stop,
          .origin = Origin::usage,
          .name = "source.bad_filter",
          .message = "MongoDB does not accept the filter: " + why,
          .next =
              "headwater snapshot -c FILE TABLE --where '{\"state\": \"open\"}', with a query "
              "filter as Extended JSON"};
}

Result<Doc> key_from(const std::string& after) {
  auto key = Doc::from_json(after);
  if (!key || !find(key->get(), "_id")) return fail(unreadable_place(after));
  return std::move(*key);
}

}  // namespace

MongoTables::MongoTables(std::shared_ptr<Deployment> deployment, const MongoPosition& at)
    : deployment_(std::move(deployment)),
      at_(&at),
      decoder_(deployment_->options().watch, deployment_->options().form) {}

Result<void> MongoTables::ready() {
  if (!deployment_->link().facts.router) return {};
  return fail({.remedy = Remedy::stop,
               .origin = Origin::source,
               .name = "source.no_snapshot",
               .message = "a snapshot through mongos is not supported",
               .next = "set `snapshot: never` and `on_lost_position` to stop or skip; then "
                       "headwater position -c FILE set time:" +
                       words_for(at_->time)});
}

Result<std::vector<sources::TableName>> MongoTables::tables(const sources::TableName& after,
                                                            const std::stop_token& /*stop*/) {
  auto found = deployment_->link().scan.collections(deployment_->options().watch,
                                                    {after.database, after.table});
  if (!found) return failed(found);
  std::vector<sources::TableName> names;
  for (CollectionName& name : *found) {
    names.push_back({std::move(name.database), {}, std::move(name.collection)});
  }
  return names;
}

bool MongoTables::reads(const sources::TableName& name) const {
  return deployment_->options().watch.covers(name.database, name.table);
}

Result<std::uint64_t> MongoTables::estimate(const std::stop_token& /*stop*/) {
  TableScan& scan = deployment_->link().scan;
  auto names = scan.collections(deployment_->options().watch);
  if (!names) return failed(names);
  std::uint64_t total = 0;
  for (const CollectionName& name : *names) {
    auto rows = scan.estimate(name);
    if (!rows) return rows;
    total += *rows;
  }
  return total;
}

Result<sources::LogPoint> MongoTables::now(const std::stop_token& /*stop*/) {
  auto time = deployment_->link().scan.now();
  if (!time) return failed(time);
  return point_of(*time);
}

/// The server accepts it for no document at all.
Result<void> MongoTables::check_filter(const sources::TableName& table, const std::string& filter) {
  auto document = parsed(filter);
  if (!document) return failed(document);
  auto accepted = deployment_->link().scan.check_filter({table.database, table.table}, **document);
  if (accepted || accepted.error().remedy == Remedy::retry) return accepted;
  return fail(bad_filter(accepted.error().message));
}

/// A filter may fail at one document only. Then the request must be given up, or the relay would never
/// go on.
Error MongoTables::with_filter(Error error) const {
  if (error.remedy == Remedy::retry) return error;
  error.name = "source.bad_filter";
  error.message =
      "the documents that `headwater snapshot` asked for cannot be read: " + error.message;
  error.next = "give the request up: headwater position -c FILE set time:" + words_for(at_->time) +
               " --yes (changes of that very instant may come again)";
  return error;
}

/// nullptr: none.
Result<const Doc*> MongoTables::parsed(const std::string& filter) {
  if (filter.empty()) return nullptr;
  if (filter != filter_ || !filter_document_) {
    auto document = Doc::from_json(filter);
    if (!document) return fail(bad_filter("it is not Extended JSON: " + filter));
    filter_document_ = std::move(*document);
    filter_ = filter;
  }
  return &*filter_document_;
}

Result<sources::Piece> MongoTables::read(const sources::TableName& name, const std::string& after,
                                         sources::LogPoint not_before, const std::string& filter,
                                         const std::stop_token& /*stop*/) {
  if (auto stands = stand_behind(after); !stands) return failed(stands);
  auto condition = parsed(filter);
  if (!condition) return failed(condition);
  const ClusterTime time{.seconds = static_cast<std::uint32_t>(not_before.high),
                         .increment = static_cast<std::uint32_t>(not_before.low)};
  const CollectionName collection{name.database, name.table};
  auto read = deployment_->link().scan.next(collection, after_key_ ? &*after_key_ : nullptr, time,
                                            *condition);
  if (!read) return fail(filter.empty() ? std::move(read.error()) : with_filter(read.error()));
  sources::Piece piece{.point = point_of(read->time), .sight = {}, .last = {}, .end = read->end};
  for (const Doc& document : read->documents) {
    auto row = row_of(collection, *read, *document.get());
    if (!row) return failed(row);
    piece.rows.push_back(std::move(*row));
  }
  // The pipeline may have left the last one out.
  if (find(read->last.get(), "_id")) {
    auto last = text_of(collection, read->last);
    if (!last) return failed(last);
    piece.last = std::move(*last);
  }
  return piece;
}

Result<sources::PieceRow> MongoTables::row_of(const CollectionName& name, const TablePiece& piece,
                                              const bson_t& document) const {
  auto change = piece.wrapped ? decoder_.read_wrapped(name, document, piece.time)
                              : decoder_.read(name, document, piece.time);
  if (!change) return failed(change);
  const auto id = find(&document, piece.wrapped ? "documentKey._id" : "_id");
  Doc key;
  bson_append_iter(key.out(), "_id", -1, &*id);
  auto text = text_of(name, key);
  if (!text) return failed(text);
  return sources::PieceRow{.change = std::move(*change), .key = std::move(*text)};
}

Result<std::string> MongoTables::text_of(const CollectionName& name, const Doc& key) {
  std::string json;
  if (append_document(json, *key.get(), ExtendedJson::canonical)) return json;
  return fail({.remedy = Remedy::stop,
               .origin = Origin::source,
               .name = "source.bad_event",
               .message = "a key of " + name.collection + " is not valid BSON",
               .next = "validate the collection: db.runCommand({validate: NAME})"});
}

Result<sources::Ahead> MongoTables::ahead(const sources::TableName& /*name*/,
                                          const sources::LogChange& change,
                                          const std::string& after,
                                          const std::stop_token& /*stop*/) {
  const auto key = DocView::of(reinterpret_cast<const std::uint8_t*>(change.key.data()),
                               static_cast<std::uint32_t>(change.key.size()));
  const auto id = key ? find(key->get(), "_id") : std::nullopt;
  if (!id || !stand_behind(after)) return sources::Ahead::unknown;
  bson_iter_t of_change = *id;
  bson_iter_t last = *find(after_key_->get(), "_id");
  const auto order = compare(*bson_iter_value(&of_change), *bson_iter_value(&last));
  return order == std::weak_ordering::greater ? sources::Ahead::yes : sources::Ahead::no;
}

Result<void> MongoTables::stand_behind(const std::string& after) {
  if (after == after_) return {};
  after_key_.reset();
  if (!after.empty()) {
    auto key = key_from(after);
    if (!key) return failed(key);
    after_key_ = std::move(*key);
  }
  after_ = after;
  return {};
}

Result<void> check_place(const sources::Place& place) {
  if (!place.snapshot || place.snapshot->after.empty()) return {};
  auto key = key_from(place.snapshot->after);
  if (!key) return failed(key);
  return {};
}

}  // namespace headwater::mongodb

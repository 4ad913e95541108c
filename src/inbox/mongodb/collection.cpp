// Making and checking the collection.
#include "src/inbox/mongodb/state.h"

namespace headwater::client {
namespace {

using inbox::Bson;
using inbox::BsonArray;

/// Documents of an inbox that are no ids. Those have a blank in their _id.
constexpr const char* about_id = "headwater";
constexpr const char* worker_prefix = "headwater:worker:";
constexpr const char* worker_end = "headwater:worker;";

Bson id_is(const char* id) { return std::move(Bson().add("_id", id)); }

struct Index {
  bool found = false;
  std::optional<std::int64_t> period;
};

/// The index {claimedAt: 1} in a reply of listIndexes.
Index claim_index(const bson_t* reply) {
  Index index;
  const auto batch = inbox::find(reply, "cursor.firstBatch");
  bson_iter_t each;
  if (!batch || !BSON_ITER_HOLDS_ARRAY(&*batch) || !bson_iter_recurse(&*batch, &each)) return index;
  while (bson_iter_next(&each)) {
    const std::uint8_t* bytes = nullptr;
    std::uint32_t length = 0;
    bson_t document;
    if (!BSON_ITER_HOLDS_DOCUMENT(&each)) continue;
    bson_iter_document(&each, &length, &bytes);
    if (!bson_init_static(&document, bytes, length)) continue;
    if (!inbox::find(&document, "key.claimedAt")) continue;
    index.found = true;
    if (const auto period = inbox::find(&document, "expireAfterSeconds")) {
      index.period = inbox::number_at(*period);
    }
  }
  return index;
}

}  // namespace

std::string MongoInbox::State::worker_id() const {
  return worker_prefix + std::to_string(options.worker);
}

Result<void> MongoInbox::State::make_and_check() {
  std::optional<inbox::About> about;
  auto read = server.find(id_is(about_id), Bson(), nullptr, [&](inbox::View document) {
    const auto format = inbox::find(document, "format");
    const auto consumer = inbox::find(document, "consumer");
    const auto number = format ? inbox::number_at(*format) : std::nullopt;
    about = {.format = number ? std::to_string(*number) : "",
             .consumer = std::string(consumer ? inbox::text_at(*consumer).value_or("")
                                              : std::string_view())};
  });
  if (!read) return read;
  if (about) return inbox::check_about(options, *about);
  bool empty = true;
  read = server.find(Bson(), Bson().add("limit", std::int64_t{1}), nullptr,
                     [&](inbox::View) { empty = false; });
  if (!read) return read;
  if (!empty) {
    // Another worker may just have made it.
    read = server.find(id_is(about_id), Bson(), nullptr, [&](inbox::View) { empty = true; });
    if (!read) return read;
  }
  if (!empty)
    return inbox::other_shape(
        options, "it has documents and none of them is '" + std::string(about_id) + "'");
  Bson update;
  update.add("q", id_is(about_id))
      .add("u",
           Bson().add(
               "$setOnInsert",
               Bson().add("format", std::int32_t{inbox::format}).add("consumer", options.consumer)))
      .add("upsert", true);
  auto made = server.write(Bson()
                               .add("update", options.table)
                               .add("updates", BsonArray().add(update))
                               .add("writeConcern", Bson().add("w", "majority")));
  // Two workers that make it at the same time: one of them finds the other's.
  if (!made && made.error().remedy != Remedy::retry) return made.error();
  return make_and_check();
}

Result<void> MongoInbox::State::make_and_check_index() {
  auto indexes = server.read(Bson().add("listIndexes", options.table));
  if (!indexes) return indexes.error();
  const Index index = claim_index(indexes->get());
  const std::int64_t period = options.keep.count();
  if (index.found) {
    if (index.period == period) return {};
    return change_period(index.period.value_or(-1));
  }
  Bson made;
  made.add("key", Bson().add("claimedAt", std::int32_t{1}))
      .add("name", "claimedAt_1")
      .add("expireAfterSeconds", period);
  auto created = server.write(
      Bson().add("createIndexes", options.table).add("indexes", BsonArray().add(made)));
  if (!created) return created.error();
  return {};
}

Result<void> MongoInbox::State::change_period(std::int64_t from) {
  if (from < 0) return inbox::other_shape(options, "its index on claimedAt is no TTL index");
  Bson index;
  index.add("keyPattern", Bson().add("claimedAt", std::int32_t{1}))
      .add("expireAfterSeconds", std::int64_t{options.keep.count()});
  auto changed = server.write(Bson().add("collMod", options.table).add("index", index));
  if (!changed) return changed.error();
  return {};
}

Result<void> MongoInbox::State::read_workers(
    mongoc_client_session_t* session,
    const std::function<void(bool own, std::int64_t last, std::string_view key)>& each) const {
  const std::string own = worker_id();
  return server.find(Bson().add("_id", Bson().add("$gte", worker_prefix).add("$lt", worker_end)),
                     Bson(), session, [&](inbox::View document) {
                       const auto id = inbox::find(document, "_id");
                       const auto batches = inbox::find(document, "unacknowledged");
                       bson_iter_t batch;
                       if (!id || !batches || !bson_iter_recurse(&*batches, &batch)) return;
                       while (bson_iter_next(&batch)) {
                         bson_iter_t last;
                         bson_iter_t ids;
                         bson_iter_t key;
                         if (!bson_iter_recurse(&batch, &last) || !bson_iter_find(&last, "last"))
                           continue;
                         if (!bson_iter_recurse(&batch, &ids) || !bson_iter_find(&ids, "ids"))
                           continue;
                         if (!bson_iter_recurse(&ids, &key)) continue;
                         while (bson_iter_next(&key)) {
                           const auto text = inbox::text_at(key);
                           if (text)
                             each(inbox::text_at(*id) == own, inbox::number_at(last).value_or(0),
                                  *text);
                         }
                       }
                     });
}

}  // namespace headwater::client

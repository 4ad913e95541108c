#include <algorithm>
#include <chrono>
#include <utility>

#include "src/inbox/mongodb/state.h"
#include "src/inbox/shared/stored.h"

namespace headwater::client {
namespace {

using inbox::Bson;
using inbox::BsonArray;
using inbox::stored;

/// The update of a worker's document: keeps what is beyond the acknowledged place, and adds ids.
Bson recording(const BsonArray& ids, std::uint64_t last, std::uint64_t acknowledged) {
  Bson filter;
  filter.add("input", Bson().add("$ifNull", BsonArray().add("$unacknowledged").add(BsonArray())));
  filter.add("as", "batch");
  filter.add("cond", Bson().add("$gt", BsonArray().add("$$batch.last").add(stored(acknowledged))));
  BsonArray added;
  if (!ids.empty()) {
    // An id that begins with $ would be taken for a field.
    added.add(Bson().add("last", stored(last)).add("ids", Bson().add("$literal", ids)));
  }
  Bson set;
  set.add("at", "$$NOW");
  set.add("unacknowledged",
          Bson().add("$concatArrays", BsonArray().add(Bson().add("$filter", filter)).add(added)));
  return set;
}

}  // namespace

MongoInbox::MongoInbox(std::unique_ptr<State> state) : state_(std::move(state)) {}
MongoInbox::MongoInbox(MongoInbox&&) noexcept = default;
MongoInbox& MongoInbox::operator=(MongoInbox&&) noexcept = default;
MongoInbox::~MongoInbox() = default;

Result<MongoInbox> MongoInbox::open(mongoc_client_t* client, const std::string& database,
                                    InboxOptions options) {
  if (auto checked = inbox::check_options(options); !checked) return checked.error();
  auto state = std::make_unique<State>(client, database, std::move(options));
  if (auto made = state->make_and_check(); !made) return made.error();
  if (auto indexed = state->make_and_check_index(); !indexed) return indexed.error();
  if (auto read = state->read_known(nullptr); !read) return read.error();
  return MongoInbox(std::move(state));
}

Result<void> MongoInbox::State::read_known(mongoc_client_session_t* session) {
  const auto now = std::chrono::steady_clock::now();
  auto read = read_workers(session, [&](bool /*own*/, std::int64_t last, std::string_view key) {
    auto& sequence = known[std::string(key)];
    sequence = std::max(sequence, static_cast<std::uint64_t>(last));
  });
  if (read) read_at = now;
  return read;
}

auto MongoInbox::State::look_up(mongoc_client_session_t* session,
                                const std::vector<std::string>& keys) const -> Result<Stored> {
  Stored all;
  BsonArray wanted;
  for (const auto& key : keys) wanted.add(std::string_view(key));
  Bson shape;
  shape.add("projection", Bson().add("_id", std::int32_t{1}));
  // All of them with the first reply.
  shape.add("batchSize", static_cast<std::int64_t>(keys.size() + 1));
  auto read = server.find(Bson().add("_id", Bson().add("$in", wanted)), shape, session,
                          [&](inbox::View document) {
                            const auto id = inbox::find(document, "_id");
                            if (id) all.found.emplace(inbox::text_at(*id).value_or(""));
                          });
  if (!read) return read.error();
  const bool doubtful = !all.found.empty() || std::ranges::any_of(keys, [this](const auto& key) {
    return known.contains(key);
  });
  if (!doubtful) return all;
  read = read_workers(session, [&](bool own, std::int64_t last, std::string_view key) {
    all.recorded.emplace(key);
    if (!own) return;
    auto& sequence = all.own[std::string(key)];
    sequence = std::max(sequence, static_cast<std::uint64_t>(last));
  });
  if (!read) return read.error();
  return all;
}

Result<std::int64_t> MongoInbox::State::record(mongoc_client_session_t* session,
                                               const BsonArray& ids, std::uint64_t last,
                                               std::uint64_t acknowledged) const {
  Bson command;
  command.add("findAndModify", options.table)
      .add("query", Bson().add("_id", worker_id()))
      .add("update", BsonArray().add(Bson().add("$set", recording(ids, last, acknowledged))))
      .add("upsert", true)
      .add("new", true)
      .add("fields", Bson().add("at", std::int32_t{1}));
  auto reply = server.write(command, session);
  if (!reply) return reply.error();
  const auto at = inbox::find(reply->get(), "value.at");
  if (!at || !BSON_ITER_HOLDS_DATE_TIME(&*at)) {
    return inbox::database_error(options, inbox::Cause::other,
                                 "MongoDB did not return its time with findAndModify");
  }
  return bson_iter_date_time(&*at);
}

Result<std::vector<bool>> MongoInbox::claim(mongoc_client_session_t* session,
                                            std::span<const Delivery> deliveries,
                                            std::uint64_t acknowledged) {
  State& state = *state_;
  if (!mongoc_client_session_in_transaction(session)) {
    return inbox::no_transaction(state.options, "mongoc_client_session_start_transaction()");
  }
  std::vector<bool> is_new(deliveries.size());
  if (deliveries.empty()) return is_new;
  // Ids of other workers' batches lose their own documents after `keep`; by then they are known.
  if (std::chrono::steady_clock::now() - state.read_at > state.options.keep / 2) {
    if (auto read = state.read_known(session); !read) return read.error();
  }
  std::erase_if(state.known, [&](const auto& each) { return each.second <= acknowledged; });
  const auto all = inbox::distinct(deliveries);
  std::vector<std::string> keys;
  keys.reserve(all.size());
  for (const auto& each : all) keys.push_back(inbox::key_of(each.delivery));
  auto seen = state.look_up(session, keys);
  if (!seen) return seen.error();

  BsonArray to_record;
  std::uint64_t last = 0;
  std::vector<std::size_t> to_insert;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool found = seen->found.contains(keys[i]);
    is_new[all[i].index] = !found && !seen->recorded.contains(keys[i]);
    if (!found) to_insert.push_back(i);
    const auto own = seen->own.find(keys[i]);
    if (own != seen->own.end() && own->second >= all[i].delivery.sequence) continue;
    to_record.add(std::string_view(keys[i]));
    last = std::max(last, all[i].delivery.sequence);
  }
  if (to_record.empty() && to_insert.empty()) return is_new;
  auto now = state.record(session, to_record, last, acknowledged);
  if (!now) return now.error();
  for (const auto& key : keys) {
    auto& sequence = state.known[key];
    sequence = std::max(sequence, last);
  }
  if (to_insert.empty()) return is_new;
  BsonArray documents;
  for (const auto i : to_insert) {
    documents.add(Bson()
                      .add("_id", std::string_view(keys[i]))
                      .add("sequence", stored(all[i].delivery.sequence))
                      .add_date("claimedAt", *now));
  }
  auto inserted = state.server.write(
      Bson().add("insert", state.options.table).add("documents", documents), session);
  if (!inserted) return inserted.error();
  return is_new;
}

}  // namespace headwater::client

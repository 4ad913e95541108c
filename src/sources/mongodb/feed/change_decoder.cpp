#include "src/sources/mongodb/feed/change_decoder.h"

#include <array>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "src/base/number_in.h"
#include "src/event/json_text.h"
#include "src/event/short_key.h"
#include "src/sources/mongodb/bson/exact_key.h"
#include "src/sources/mongodb/feed/split_event.h"

namespace headwater::mongodb {
namespace {

constexpr std::array<std::pair<std::string_view, Op>, 8> ops{{{"insert", Op::insert},
                                                              {"update", Op::update},
                                                              {"replace", Op::replace},
                                                              {"delete", Op::remove},
                                                              {"drop", Op::drop},
                                                              {"dropDatabase", Op::drop_database},
                                                              {"rename", Op::rename},
                                                              {"invalidate", Op::invalidate}}};

Error bad_event(const std::string& why) {
  return {.remedy = Remedy::stop,
          .origin = Origin::source,
          .name = "source.bad_event",
          .message = "The server sent a change event that cannot be read: " + why,
          .next =
              "look at the collection's documents around the position (headwater position -c "
              "FILE); if the server is sound, report it"};
}

/// Goes through an event's fields once.
class EventReader {
 public:
  EventReader(const Watch& watch, ExtendedJson form) : form_(form) {
    decoded_.change.database = watch.deployment() ? "*" : watch.database;
    decoded_.change.table = watch.collection;
  }

  Result<DecodedChange> read(const bson_t& event) {
    bson_iter_t at;
    if (!bson_iter_init(&at, &event)) return fail(bad_event("it is not a document"));
    while (bson_iter_next(&at)) {
      if (!take(at)) return fail(bad_event(std::string("field ") + bson_iter_key(&at)));
      if (decoded_.part) return std::move(decoded_);
    }
    if (at.err_off != 0) return fail(bad_event("it ends too early"));
    return finished();
  }

 private:
  bool take(const bson_iter_t& at) {
    Change& change = decoded_.change;
    const std::string_view name = bson_iter_key(&at);
    if (name == "_id") return take_token(at);
    if (name == "operationType") return take_op(at);
    if (name == "fullDocument") return take_image(at, change.after);
    if (name == "fullDocumentBeforeChange") return take_image(at, change.before);
    if (name == "documentKey") return take_key(at);
    if (name == "ns") return take_name(at);
    if (name == "clusterTime" && BSON_ITER_HOLDS_TIMESTAMP(&at)) return take_time(at);
    if (name == "wallTime" && BSON_ITER_HOLDS_DATE_TIME(&at)) {
      wall_ = WallTime(Milliseconds(bson_iter_date_time(&at)));
      return true;
    }
    if (name == "txnNumber" && BSON_ITER_HOLDS_INT(&at)) {
      transaction_ = bson_iter_as_int64(&at);
      return true;
    }
    if (name == "lsid") return take_session(at);
    if (name == "splitEvent") {
      decoded_.part = says_split(at);
      return true;
    }
    if (name == "to") return take_text(at, "coll", change.renamed_to);
    return take_detail(at);
  }

  bool take_token(const bson_iter_t& at) {
    decoded_.token = token_of(at);
    decoded_.change.id = decoded_.token.data;
    return !decoded_.token.empty();
  }

  bool take_op(const bson_iter_t& at) {
    if (!BSON_ITER_HOLDS_UTF8(&at)) return false;
    std::uint32_t length = 0;
    const std::string_view word(bson_iter_utf8(&at, &length));
    decoded_.change.op = Op::other;
    for (const auto& [known, op] : ops) {
      if (known == word) decoded_.change.op = op;
    }
    if (decoded_.change.op == Op::other) decoded_.change.other_op = word;
    return true;
  }

  static bool take_text(const bson_iter_t& at, const char* field, std::string& to) {
    bson_iter_t inside;
    if (!bson_iter_recurse(&at, &inside) || !bson_iter_find(&inside, field)) return false;
    if (!BSON_ITER_HOLDS_UTF8(&inside)) return false;
    std::uint32_t length = 0;
    const char* text = bson_iter_utf8(&inside, &length);
    to.assign(text, length);
    return true;
  }

  bool take_image(const bson_iter_t& at, std::optional<Row>& to) const {
    // null: a lookup found nothing, because the document is gone by now.
    if (BSON_ITER_HOLDS_NULL(&at)) return true;
    if (!BSON_ITER_HOLDS_DOCUMENT(&at)) return false;
    std::string& document = std::get<Document>(to.emplace(Document{})).json;
    std::uint32_t bytes = 0;
    const std::uint8_t* ignored = nullptr;
    bson_iter_document(&at, &bytes, &ignored);
    // In relaxed JSON most documents take about as much again as in BSON.
    document.reserve(bytes + bytes / 4);
    return append_value(document, at, form_);
  }

  bool take_key(const bson_iter_t& at) {
    Document key;
    bson_iter_t inside;
    if (!append_value(key.json, at, form_) || !bson_iter_recurse(&at, &inside)) return false;
    while (bson_iter_next(&inside)) {
      if (!key.exact_key.empty()) key.exact_key += '/';
      append_key(key.exact_key, inside);
    }
    decoded_.change.key = std::move(key);
    return true;
  }

  bool take_name(const bson_iter_t& at) {
    Change& change = decoded_.change;
    bson_iter_t inside;
    if (!bson_iter_recurse(&at, &inside)) return false;
    change.database.clear();
    // An event of a whole database names no collection.
    change.table.clear();
    while (bson_iter_next(&inside)) {
      if (!BSON_ITER_HOLDS_UTF8(&inside)) continue;
      const std::string_view field = bson_iter_key(&inside);
      std::uint32_t length = 0;
      const char* text = bson_iter_utf8(&inside, &length);
      if (field == "db") change.database.assign(text, length);
      if (field == "coll") change.table.assign(text, length);
    }
    return !change.database.empty();
  }

  bool take_time(const bson_iter_t& at) {
    bson_iter_timestamp(&at, &decoded_.time.seconds, &decoded_.time.increment);
    return true;
  }

  bool take_session(const bson_iter_t& at) {
    bson_iter_t inside;
    if (!bson_iter_recurse(&at, &inside) || !bson_iter_find(&inside, "id")) return false;
    append_key(session_, inside);
    // The server's own transactions inside a client's (6.0) differ in these alone.
    for (const char* field : {"txnNumber", "txnUUID"}) {
      if (!bson_iter_recurse(&at, &inside) || !bson_iter_find(&inside, field)) continue;
      session_ += '/';
      append_key(session_, inside);
    }
    return true;
  }

  bool take_detail(const bson_iter_t& at) {
    std::string& detail = decoded_.change.detail;
    detail += detail.empty() ? '{' : ',';
    append_json_name(detail, bson_iter_key(&at));
    detail += ':';
    return append_value(detail, at, form_);
  }

  Result<DecodedChange> finished() {
    Change& change = decoded_.change;
    if (change.id.empty()) return fail(bad_event("it has no _id"));
    if (!change.detail.empty()) change.detail += '}';
    change.time = wall_.value_or(wall_time(decoded_.time));
    if (transaction_ && !session_.empty()) {
      change.transaction = Transaction{
          .id = session_ + ":" + std::to_string(*transaction_), .ordinal = 0, .last = false};
    }
    decoded_.of_a_document = change.op == Op::insert || change.op == Op::update ||
                             change.op == Op::replace || change.op == Op::remove;
    return std::move(decoded_);
  }

  ExtendedJson form_;
  DecodedChange decoded_;
  std::optional<WallTime> wall_;
  std::optional<std::int64_t> transaction_;
  std::string session_;
};

std::string snapshot_id(const CollectionName& name, ClusterTime time, const std::string& subject) {
  std::string id = "snapshot:" + words_for(time) + ":";
  append_percent_encoded(id, name.database);
  id += '.';
  append_percent_encoded(id, name.collection);
  return id + ":" + short_key(subject);
}

}  // namespace

Result<DecodedChange> ChangeDecoder::decode(const bson_t& event) const {
  return EventReader(watch_, form_).read(event);
}

Result<Change> ChangeDecoder::read(const CollectionName& name, const bson_t& document,
                                   ClusterTime time) const {
  Change change;
  change.op = Op::read;
  change.database = name.database;
  change.table = name.collection;
  change.time = wall_time(time);
  const auto id = find(&document, "_id");
  if (!id) return fail(bad_event("a document without _id in " + name.collection));
  Document key{.json = R"({"_id":)"};
  Document row;
  std::string exact;
  if (!append_value(key.json, *id, form_) || !append_value(exact, *id, ExtendedJson::canonical) ||
      !append_document(row.json, document, form_)) {
    return fail(bad_event("a document of " + name.collection));
  }
  key.json += '}';
  append_key(key.exact_key, *id);
  change.key = std::move(key);
  change.after = std::move(row);
  // Not the subject: 1 and "1" are two keys.
  std::string encoded;
  append_percent_encoded(encoded, exact);
  change.id = snapshot_id(name, time, encoded);
  return change;
}

Result<Change> ChangeDecoder::read_wrapped(const CollectionName& name, const bson_t& event,
                                           ClusterTime time) const {
  auto decoded = EventReader(watch_, form_).read(event);
  const auto id = find(&event, "documentKey._id");
  if (!id) return fail(bad_event("the pipeline removed the key"));
  if (!decoded) return failed(decoded);
  Change change = std::move(decoded->change);
  change.op = Op::read;
  change.database = name.database;
  change.table = name.collection;
  change.time = wall_time(time);
  std::string exact;
  if (!append_value(exact, *id, ExtendedJson::canonical)) return fail(bad_event("a key"));
  std::string encoded;
  append_percent_encoded(encoded, exact);
  change.id = snapshot_id(name, time, encoded);
  return change;
}

WallTime wall_time(ClusterTime time) { return WallTime(std::chrono::seconds(time.seconds)); }

std::string words_for(ClusterTime time) {
  return std::to_string(time.seconds) + "." + std::to_string(time.increment);
}

std::optional<ClusterTime> time_from(std::string_view words) {
  const auto seconds = take_number<std::uint32_t>(words);
  if (!seconds || !words.starts_with('.')) return std::nullopt;
  const auto increment = whole_number<std::uint32_t>(words.substr(1));
  if (!increment) return std::nullopt;
  return ClusterTime{*seconds, *increment};
}

}  // namespace headwater::mongodb

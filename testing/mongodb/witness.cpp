#include "testing/mongodb/witness.h"

#include <memory>

#include "testing/mongodb/programs.h"
#include "testing/rig/waiting.h"

namespace headwater::rig {
namespace {

template <auto destroy>
struct By {
  template <class T>
  void operator()(T* thing) const {
    destroy(thing);
  }
};
using Client = std::unique_ptr<mongoc_client_t, By<&mongoc_client_destroy>>;
using Database = std::unique_ptr<mongoc_database_t, By<&mongoc_database_destroy>>;
using Collection = std::unique_ptr<mongoc_collection_t, By<&mongoc_collection_destroy>>;
using Stream = std::unique_ptr<mongoc_change_stream_t, By<&mongoc_change_stream_destroy>>;

Stream watch(mongoc_client_t* client, const std::string& words, const Doc& options) {
  const Doc pipeline;
  if (words == "*") return Stream(mongoc_client_watch(client, pipeline.get(), options.get()));
  const auto dot = words.find('.');
  if (dot == std::string::npos) {
    const Database database(mongoc_client_get_database(client, words.c_str()));
    return Stream(mongoc_database_watch(database.get(), pipeline.get(), options.get()));
  }
  const Collection collection(mongoc_client_get_collection(client, words.substr(0, dot).c_str(),
                                                           words.substr(dot + 1).c_str()));
  return Stream(mongoc_collection_watch(collection.get(), pipeline.get(), options.get()));
}

}  // namespace

void Witness::read_to(const std::string& id) {
  const Client client(mongoc_client_new(uri_.c_str()));
  // The server closes the stream after an invalidate event, and a new one starts there.
  const bool found = wait_until([&] {
    Doc options;
    options.add("maxAwaitTimeMS", std::int64_t{200});
    if (!last_) {
      options.add("startAtOperationTime", start_);
    } else {
      options.add("startAfter", *last_);
    }
    return read(watch(client.get(), scope_, options).get(), id);
  });
  if (!found) give_up("the independent reader did not reach " + id);
}

bool Witness::is_watched(const bson_t* event) const {
  const std::string database(mongodb::find_text(event, "ns.db").value_or(""));
  const std::string collection(mongodb::find_text(event, "ns.coll").value_or(""));
  // The relays' sync documents, which they never publish.
  if (collection == "headwater_standby") return false;
  if (watched_ == scope_) return true;
  return watched_ == database || watched_ == database + "." + collection;
}

/// Returns false at the end of the stream, or when there is nothing more now.
bool Witness::read(mongoc_change_stream_t* stream, const std::string& id) {
  const bson_t* event = nullptr;
  while (mongoc_change_stream_next(stream, &event)) {
    if (is_watched(event)) {
      ids_.emplace_back(mongodb::find_text(event, "_id._data").value_or("?"));
    }
    if (const auto token = mongodb::find_document(event, "_id"))
      last_ = Doc::copy_of(*token->get());
    const bool insert = mongodb::find_text(event, "operationType") == "insert";
    if (insert && mongodb::find_text(event, "documentKey._id") == id) return true;
  }
  const bson_t* reply = nullptr;
  bson_error_t error;
  if (mongoc_change_stream_error_document(stream, &error, &reply)) {
    give_up(std::string("the independent reader: ") + error.message);
  }
  return false;
}

}  // namespace headwater::rig

#include "testing/mongodb/shell.h"

#include <utility>

#include "testing/mongodb/programs.h"

namespace headwater::rig {
namespace {

ShellError failure(const bson_error_t& error, const bson_t* reply) {
  return {.code = error.code,
          .message = error.message,
          .transient = mongoc_error_has_label(reply, "TransientTransactionError")};
}

template <class T>
T sure(Tried<T> tried, const std::string& doing) {
  if (!tried) {
    give_up(doing + ": " + tried.error().message + " (" + std::to_string(tried.error().code) + ")");
  }
  if constexpr (!std::is_void_v<T>) return std::move(*tried);
}

/// "shop.orders" is the collection orders of the database shop.
std::pair<std::string, std::string> split(const std::string& collection) {
  const auto dot = collection.find('.');
  return {collection.substr(0, dot), collection.substr(dot + 1)};
}

std::vector<Doc> one(Doc document) {
  std::vector<Doc> documents;
  documents.push_back(std::move(document));
  return documents;
}

Doc insert_command(const std::string& name, const Doc& document) {
  return std::move(Doc().add("insert", name).add("documents", one(Doc::copy_of(*document.get()))));
}

}  // namespace

Doc json(std::string_view text) {
  auto doc = Doc::from_json(text);
  if (!doc) give_up("no Extended JSON: " + std::string(text));
  return *std::move(doc);
}

MongoShell::MongoShell(const std::string& uri) {
  // Its log goes to stderr. Calls return their errors anyway.
  mongoc_log_set_handler(nullptr, nullptr);
  mongoc_init();  // only the first call has an effect
  bson_error_t error;
  mongoc_uri_t* parsed = mongoc_uri_new_with_error(uri.c_str(), &error);
  if (parsed == nullptr) give_up(uri + ": " + error.message);
  client_ = mongoc_client_new_from_uri_with_error(parsed, &error);
  mongoc_uri_destroy(parsed);
  if (client_ == nullptr) give_up(uri + ": " + error.message);
  mongoc_client_set_error_api(client_, MONGOC_ERROR_API_VERSION_2);
  mongoc_write_concern_t* majority = mongoc_write_concern_new();
  mongoc_write_concern_set_w(majority, MONGOC_WRITE_CONCERN_W_MAJORITY);
  mongoc_client_set_write_concern(client_, majority);
  mongoc_write_concern_destroy(majority);
}

MongoShell::~MongoShell() {
  if (session_ != nullptr) mongoc_client_session_destroy(session_);
  mongoc_client_destroy(client_);
}

Doc MongoShell::session_options() {
  Doc options;
  bson_error_t error;
  const bool in_transaction = session_ != nullptr && mongoc_client_session_in_transaction(session_);
  if (in_transaction && !mongoc_client_session_append(session_, options.out(), &error)) {
    give_up(error.message);
  }
  return options;
}

Tried<Doc> MongoShell::send(const std::string& database, const Doc& command, bool write) {
  const Doc options = session_options();
  bson_t reply;
  bson_error_t error;
  const bool done =
      write ? mongoc_client_write_command_with_opts(client_, database.c_str(), command.get(),
                                                    options.get(), &reply, &error)
            : mongoc_client_command_with_opts(client_, database.c_str(), command.get(), nullptr,
                                              options.get(), &reply, &error);
  Doc answer = Doc::copy_of(reply);
  bson_destroy(&reply);
  if (!done) return tl::unexpected(failure(error, answer.get()));
  if (const auto code = mongodb::find_number(answer.get(), "writeErrors.0.code")) {
    const auto text = mongodb::find_text(answer.get(), "writeErrors.0.errmsg");
    return tl::unexpected(ShellError{.code = static_cast<std::uint32_t>(*code),
                                     .message = std::string(text.value_or("a write error"))});
  }
  return answer;
}

Tried<Doc> MongoShell::try_command(const std::string& database, const Doc& command) {
  return send(database, command, false);
}

Tried<Doc> MongoShell::try_write(const std::string& database, const Doc& command) {
  return send(database, command, true);
}

Doc MongoShell::command(const std::string& database, const Doc& command) {
  return sure(try_command(database, command), "a command");
}

bool MongoShell::create(const std::string& collection, bool images) {
  const auto [database, name] = split(collection);
  const auto server = command("admin", "{\"isMaster\": 1}");
  // 6.0 and later:
  // https://github.com/mongodb/specifications/blob/master/source/wireversion-featurelist
  const bool has_images = images && mongodb::find_number(server.get(), "maxWireVersion") >= 17;
  Doc create;
  create.add("create", name);
  if (has_images) create.add("changeStreamPreAndPostImages", json("{\"enabled\": true}"));
  sure(try_write(database, create), "making " + collection);
  return has_images;
}

void MongoShell::insert(const std::string& collection, const Doc& document) {
  const auto [database, name] = split(collection);
  sure(try_write(database, insert_command(name, document)), "inserting into " + collection);
}

void MongoShell::insert(const std::string& collection, const std::vector<Doc>& documents) {
  const auto [database, name] = split(collection);
  sure(try_write(database, Doc().add("insert", name).add("documents", documents)),
       "inserting into " + collection);
}

Tried<Doc> MongoShell::try_update(const std::string& collection, const Doc& filter,
                                  const Doc& change, bool upsert) {
  const auto [database, name] = split(collection);
  Doc update;
  update.add("q", filter).add("u", change).add("upsert", upsert);
  return try_write(database, Doc().add("update", name).add("updates", one(std::move(update))));
}

void MongoShell::update(const std::string& collection, const Doc& filter, const Doc& change) {
  sure(try_update(collection, filter, change), "updating " + collection);
}

Tried<Doc> MongoShell::try_remove(const std::string& collection, const Doc& filter) {
  const auto [database, name] = split(collection);
  Doc removal;
  removal.add("q", filter).add("limit", std::int32_t{1});
  return try_write(database, Doc().add("delete", name).add("deletes", one(std::move(removal))));
}

void MongoShell::remove(const std::string& collection, const Doc& filter) {
  sure(try_remove(collection, filter), "removing from " + collection);
}

std::vector<Doc> MongoShell::documents(const std::string& collection, const Doc& filter) {
  const auto [database, name] = split(collection);
  mongoc_collection_t* handle =
      mongoc_client_get_collection(client_, database.c_str(), name.c_str());
  const Doc options = session_options();
  mongoc_cursor_t* cursor =
      mongoc_collection_find_with_opts(handle, filter.get(), options.get(), nullptr);
  std::vector<Doc> found;
  const bson_t* document = nullptr;
  while (mongoc_cursor_next(cursor, &document)) found.push_back(Doc::copy_of(*document));
  bson_error_t error;
  if (mongoc_cursor_error(cursor, &error)) give_up("reading " + collection + ": " + error.message);
  mongoc_cursor_destroy(cursor);
  mongoc_collection_destroy(handle);
  return found;
}

Tried<void> MongoShell::try_begin() {
  bson_error_t error;
  if (session_ == nullptr) session_ = mongoc_client_start_session(client_, nullptr, &error);
  if (session_ == nullptr || !mongoc_client_session_start_transaction(session_, nullptr, &error)) {
    return tl::unexpected(ShellError{.code = error.code, .message = error.message});
  }
  return {};
}

void MongoShell::begin() { sure(try_begin(), "beginning a transaction"); }

Tried<void> MongoShell::try_commit() {
  Doc reply;
  bson_t answer;
  bson_error_t error;
  const bool done = mongoc_client_session_commit_transaction(session_, &answer, &error);
  const ShellError why = failure(error, &answer);
  bson_destroy(&answer);
  if (!done) return tl::unexpected(why);
  return {};
}

void MongoShell::commit() { sure(try_commit(), "committing"); }

void MongoShell::abort() {
  // It only fails if the server has already aborted it.
  if (session_ != nullptr && mongoc_client_session_in_transaction(session_)) {
    mongoc_client_session_abort_transaction(session_, nullptr);
  }
}

ClusterTime MongoShell::time() {
  const auto reply = command("admin", "{\"ping\": 1}");
  return mongodb::find_time(reply.get(), "operationTime").value_or(ClusterTime{});
}

}  // namespace headwater::rig

#include "src/targets/mongodb/client.h"

#include <memory>
#include <utility>

#include "src/sources/mongodb/server/library.h"

namespace headwater::target_mongodb {
namespace {

constexpr int transactions_need_a_replica_set = 20;

struct Destroy {
  void operator()(mongoc_collection_t* each) const { mongoc_collection_destroy(each); }
  void operator()(mongoc_cursor_t* each) const { mongoc_cursor_destroy(each); }
  void operator()(mongoc_uri_t* each) const { mongoc_uri_destroy(each); }
  void operator()(mongoc_transaction_opt_t* each) const { mongoc_transaction_opts_destroy(each); }
  void operator()(mongoc_write_concern_t* each) const { mongoc_write_concern_destroy(each); }
  void operator()(mongoc_read_concern_t* each) const { mongoc_read_concern_destroy(each); }
};
template <class Handle>
using Owned = std::unique_ptr<Handle, Destroy>;

Owned<mongoc_write_concern_t> majority() {
  Owned<mongoc_write_concern_t> concern(mongoc_write_concern_new());
  mongoc_write_concern_set_w(concern.get(), MONGOC_WRITE_CONCERN_W_MAJORITY);
  return concern;
}

bool may_pass(const bson_error_t& error, const bson_t* reply) {
  constexpr std::uint32_t not_primary = 10107;
  constexpr std::uint32_t write_conflict = 112;
  if (error.domain == MONGOC_ERROR_STREAM || error.domain == MONGOC_ERROR_SERVER_SELECTION) {
    return true;
  }
  if (error.code == not_primary || error.code == write_conflict) return true;
  return reply != nullptr && (mongoc_error_has_label(reply, "TransientTransactionError") ||
                              mongoc_error_has_label(reply, "UnknownTransactionCommitResult") ||
                              mongoc_error_has_label(reply, "RetryableWriteError"));
}

}  // namespace

Error to_error(const bson_error_t& error, const bson_t* reply) {
  Error result{.remedy = Remedy::stop,
               .origin = Origin::target,
               .name = "target.refused",
               .message = "mongodb: " + std::string(error.message) + " (code " +
                          std::to_string(error.code) + ")",
               .next = "check the server's log"};
  if (may_pass(error, reply)) {
    result.remedy = Remedy::retry;
    result.name = "target.unreachable";
    result.next = "check that the deployment can be reached";
  } else if (error.code == 13 || error.code == 18 || error.domain == MONGOC_ERROR_CLIENT) {
    result.name = "target.unauthorized";
    result.next =
        "correct user and password in the URI, and give the user readWrite on the database";
  } else if (error.code == transactions_need_a_replica_set) {
    result.name = "target.no_transactions";
    result.next = "make the server a replica set of one: mongod --replSet rs0; rs.initiate()";
  }
  return result;
}

bool is_code(const Error& error, int code) {
  return error.message.ends_with("(code " + std::to_string(code) + ")");
}

Result<std::unique_ptr<Client>> Client::open(const std::string& uri, std::string database) {
  mongodb::start_library();
  bson_error_t error{};
  const Owned<mongoc_uri_t> parsed(mongoc_uri_new_with_error(uri.c_str(), &error));
  mongoc_client_t* const client =
      parsed ? mongoc_client_new_from_uri_with_error(parsed.get(), &error) : nullptr;
  if (client == nullptr) return fail(to_error(error, nullptr));
  mongoc_client_set_error_api(client, MONGOC_ERROR_API_VERSION_2);
  return std::unique_ptr<Client>(new Client(client, std::move(database)));
}

Client::~Client() {
  if (bulk_ != nullptr) mongoc_bulk_operation_destroy(bulk_);
  if (session_ != nullptr) mongoc_client_session_destroy(session_);
  mongoc_client_destroy(client_);
}

Result<void> Client::transaction(const std::function<Result<void>()>& body) {
  bson_error_t error{};
  const auto concern = majority();
  const Owned<mongoc_read_concern_t> snapshot(mongoc_read_concern_new());
  mongoc_read_concern_set_level(snapshot.get(), MONGOC_READ_CONCERN_LEVEL_SNAPSHOT);
  const Owned<mongoc_transaction_opt_t> options(mongoc_transaction_opts_new());
  mongoc_transaction_opts_set_write_concern(options.get(), concern.get());
  mongoc_transaction_opts_set_read_concern(options.get(), snapshot.get());
  session_ = mongoc_client_start_session(client_, nullptr, &error);
  if (session_ == nullptr) return fail(to_error(error, nullptr));
  Result<void> done;
  if (!mongoc_client_session_start_transaction(session_, options.get(), &error)) {
    done = fail(to_error(error, nullptr));
  }
  if (done) done = body();
  if (done) done = flush();
  if (bulk_ != nullptr) mongoc_bulk_operation_destroy(std::exchange(bulk_, nullptr));
  if (done) {
    Doc reply;
    if (!mongoc_client_session_commit_transaction(session_, reply.place(), &error)) {
      done = fail(to_error(error, reply.get()));
    }
  } else if (mongoc_client_session_in_transaction(session_)) {
    mongoc_client_session_abort_transaction(session_, nullptr);
  }
  mongoc_client_session_destroy(std::exchange(session_, nullptr));
  return done;
}

/// For a command or a bulk: the transaction, or else the write concern.
Result<Doc> Client::options() const {
  Doc result;
  bson_error_t error{};
  if (session_ == nullptr) {
    mongoc_write_concern_append(majority().get(), result.out());
  } else if (!mongoc_client_session_append(session_, result.out(), &error)) {
    return fail(to_error(error, nullptr));
  }
  return result;
}

Result<Doc> Client::run(const Doc& command, bool admin) {
  if (auto sent = flush(); !sent) return failed(sent);
  auto with = options();
  if (!with) return failed(with);
  Doc reply;
  bson_error_t error{};
  const bool done =
      mongoc_client_write_command_with_opts(client_, admin ? "admin" : database_.c_str(),
                                            command.get(), with->get(), reply.place(), &error);
  if (!done) return fail(to_error(error, reply.get()));
  return reply;
}

Result<void> Client::each(const std::string& collection, const Doc& filter,
                          const std::function<Result<void>(Doc)>& see) {
  if (auto sent = flush(); !sent) return sent;
  Doc with;
  bson_error_t error{};
  if (session_ != nullptr && !mongoc_client_session_append(session_, with.out(), &error)) {
    return fail(to_error(error, nullptr));
  }
  const Owned<mongoc_collection_t> handle(
      mongoc_client_get_collection(client_, database_.c_str(), collection.c_str()));
  const Owned<mongoc_cursor_t> cursor(
      mongoc_collection_find_with_opts(handle.get(), filter.get(), with.get(), nullptr));
  const bson_t* document = nullptr;
  while (mongoc_cursor_next(cursor.get(), &document)) {
    if (auto seen = see(Doc::copy_of(*document)); !seen) return seen;
  }
  const bson_t* reply = nullptr;
  if (mongoc_cursor_error_document(cursor.get(), &error, &reply)) {
    return fail(to_error(error, reply));
  }
  return {};
}

Result<std::vector<Doc>> Client::find(const std::string& collection, const Doc& filter) {
  std::vector<Doc> all;
  auto read = each(collection, filter, [&](Doc document) -> Result<void> {
    all.push_back(std::move(document));
    return {};
  });
  if (!read) return failed(read);
  return all;
}

/// Opens the queue of a collection.
Result<void> Client::bulk(const std::string& collection) {
  if (bulk_ != nullptr && bulk_collection_ == collection) return {};
  if (auto sent = flush(); !sent) return sent;
  auto with = options();
  if (!with) return failed(with);
  const Owned<mongoc_collection_t> handle(
      mongoc_client_get_collection(client_, database_.c_str(), collection.c_str()));
  bulk_ = mongoc_collection_create_bulk_operation_with_opts(handle.get(), with->get());
  bulk_collection_ = collection;
  return {};
}

Result<void> Client::replace(const std::string& collection, const Doc& filter,
                             const Doc& document) {
  if (auto open = bulk(collection); !open) return open;
  bson_error_t error{};
  const Doc upsert = std::move(Doc().add("upsert", true));
  if (!mongoc_bulk_operation_replace_one_with_opts(bulk_, filter.get(), document.get(),
                                                   upsert.get(), &error)) {
    return fail(to_error(error, nullptr));
  }
  return {};
}

Result<void> Client::update(const std::string& collection, const Doc& filter, const Doc& change) {
  if (auto open = bulk(collection); !open) return open;
  bson_error_t error{};
  const Doc upsert = std::move(Doc().add("upsert", true));
  if (!mongoc_bulk_operation_update_one_with_opts(bulk_, filter.get(), change.get(), upsert.get(),
                                                  &error)) {
    return fail(to_error(error, nullptr));
  }
  return {};
}

Result<void> Client::remove(const std::string& collection, const Doc& filter, bool all) {
  if (auto open = bulk(collection); !open) return open;
  bson_error_t error{};
  const bool queued =
      all ? mongoc_bulk_operation_remove_many_with_opts(bulk_, filter.get(), nullptr, &error)
          : mongoc_bulk_operation_remove_one_with_opts(bulk_, filter.get(), nullptr, &error);
  if (!queued) return fail(to_error(error, nullptr));
  return {};
}

Result<void> Client::flush() {
  if (bulk_ == nullptr) return {};
  mongoc_bulk_operation_t* const queued = std::exchange(bulk_, nullptr);
  Doc reply;
  bson_error_t error{};
  const bool done = mongoc_bulk_operation_execute(queued, reply.place(), &error) != 0;
  mongoc_bulk_operation_destroy(queued);
  if (!done) return fail(to_error(error, reply.get()));
  return {};
}

}  // namespace headwater::target_mongodb

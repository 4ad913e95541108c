#include "src/inbox/mongodb/test_connection.h"

#include <headwater/inbox/mongodb.h>

#include "src/inbox/mongodb/bson.h"
#include "testing/rig/server_program.h"

namespace headwater::testing {
namespace {

using client::inbox::Bson;
using client::inbox::BsonArray;

class Consumer : public InboxConnection {
 public:
  Consumer(MongoConnection connection, client::MongoInbox inbox, std::string effects)
      : connection_(std::move(connection)),
        session_(start_session(connection_.get())),
        inbox_(std::move(inbox)),
        effects_(std::move(effects)) {}

  client::Result<std::vector<bool>> claim(std::span<const client::Delivery> deliveries,
                                          std::uint64_t acknowledged) override {
    bson_error_t why;
    if (!mongoc_client_session_start_transaction(session_.get(), nullptr, &why)) {
      return failure(why);
    }
    return inbox_.claim(session_.get(), deliveries, acknowledged);
  }
  client::Result<void> apply(const std::string& id) override {
    Bson options;
    bson_error_t why;
    if (!mongoc_client_session_append(session_.get(), options.get(), &why)) return failure(why);
    Bson command;
    command.add("insert", effects_).add("documents", BsonArray().add(Bson().add("id", id)));
    const bool done = mongoc_client_write_command_with_opts(
        connection_.get(), consumers_database, command.get(), options.get(), nullptr, &why);
    if (!done) return failure(why);
    return {};
  }
  client::Result<void> commit() override {
    bson_error_t why;
    if (!mongoc_client_session_commit_transaction(session_.get(), nullptr, &why)) {
      return failure(why);
    }
    return {};
  }
  void roll_back() override {
    if (!mongoc_client_session_in_transaction(session_.get())) return;
    (void)mongoc_client_session_abort_transaction(session_.get(), nullptr);
  }
  client::Result<bool> forget_some(std::uint64_t /*acknowledged*/) override { return false; }

 private:
  static client::Error failure(const bson_error_t& why) {
    return {
        .remedy = why.code == 112 || why.code == 251 ? client::Remedy::retry : client::Remedy::stop,
        .name = "test.mongodb",
        .message = why.message};
  }

  MongoConnection connection_;
  MongoSession session_;
  client::MongoInbox inbox_;
  std::string effects_;
};

}  // namespace

MongoConnection connect_mongodb(const std::string& uri) {
  // Its log goes to stderr. Calls return their errors anyway.
  mongoc_log_set_handler(nullptr, nullptr);
  mongoc_init();  // only the first call has an effect
  MongoConnection client(mongoc_client_new(uri.c_str()));
  if (!client) rig::give_up("not an address of MongoDB: " + uri);
  mongoc_client_set_error_api(client.get(), MONGOC_ERROR_API_VERSION_2);
  return client;
}

MongoSession start_session(mongoc_client_t* client) {
  bson_error_t why;
  MongoSession session(mongoc_client_start_session(client, nullptr, &why));
  if (!session) rig::give_up(why.message);
  return session;
}

InboxOpened open_mongodb(const std::string& address, const client::InboxOptions& options) {
  auto connection = connect_mongodb(address);
  auto inbox = client::MongoInbox::open(connection.get(), consumers_database, options);
  if (!inbox) return inbox.error();
  return std::unique_ptr<InboxConnection>(std::make_unique<Consumer>(
      std::move(connection), *std::move(inbox), options.table + "_effects"));
}

}  // namespace headwater::testing

// The inbox suite's consumer on MongoDB.
#pragma once

#include <mongoc/mongoc.h>

#include <memory>
#include <string>

#include "testing/contract/inbox_connection.h"

namespace headwater::testing {

/// The database of all consumers.
inline constexpr const char* consumers_database = "consumer";

struct CloseMongo {
  void operator()(mongoc_client_t* client) const { mongoc_client_destroy(client); }
  void operator()(mongoc_client_session_t* session) const {
    mongoc_client_session_destroy(session);
  }
};
using MongoConnection = std::unique_ptr<mongoc_client_t, CloseMongo>;
using MongoSession = std::unique_ptr<mongoc_client_session_t, CloseMongo>;

/// Both end the program if they fail.
[[nodiscard]] MongoConnection connect_mongodb(const std::string& uri);
[[nodiscard]] MongoSession start_session(mongoc_client_t* client);

/// `address` is a URI. Its effects are in the collection TABLE_effects.
[[nodiscard]] InboxOpened open_mongodb(const std::string& address,
                                       const client::InboxOptions& options);

}  // namespace headwater::testing

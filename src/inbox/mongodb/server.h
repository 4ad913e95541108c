// Commands to a MongoDB server, whose errors are those of an inbox.
#pragma once

#include <headwater/inbox/inbox.h>
#include <mongoc/mongoc.h>

#include <functional>
#include <string>

#include "src/inbox/mongodb/bson.h"

namespace headwater::client::inbox {

/// The collection of one inbox. One thread.
class Server {
 public:
  /// The client must outlive it.
  Server(mongoc_client_t* client, std::string database, const InboxOptions& options)
      : client_(client), database_(std::move(database)), options_(&options) {}

  /// With a session: inside its open transaction. A write error is an error.
  Result<Bson> write(const Bson& command, mongoc_client_session_t* session = nullptr) const;
  Result<Bson> read(const Bson& command) const;
  /// Calls `each` for the documents that match, which are in the field `_id` and those in
  /// `projection`.
  Result<void> find(const Bson& filter, const Bson& options, mongoc_client_session_t* session,
                    const std::function<void(View)>& each) const;

  /// `reply` may be null.
  [[nodiscard]] Error error(const bson_error_t& error, const bson_t* reply) const;

 private:
  Result<void> join(Bson& options, mongoc_client_session_t* session) const;

  mongoc_client_t* client_;
  std::string database_;
  const InboxOptions* options_;
};

}  // namespace headwater::client::inbox

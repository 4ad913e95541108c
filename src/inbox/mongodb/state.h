// What a MongoInbox holds.
#pragma once

#include <headwater/inbox/mongodb.h>

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "src/inbox/mongodb/server.h"
#include "src/inbox/shared/distinct.h"
#include "src/inbox/shared/errors.h"

namespace headwater::client {

struct MongoInbox::State {
  using Keys = std::set<std::string, std::less<>>;
  /// What is stored of the ids of a call.
  struct Stored {
    Keys found;     ///< Those with a document of their own.
    Keys recorded;  ///< Those in any worker's document.
    /// Those in this worker's document, and the sequence at which it drops them.
    std::map<std::string, std::uint64_t, std::less<>> own;
  };

  State(mongoc_client_t* client, const std::string& database, InboxOptions chosen)
      : options(std::move(chosen)), server(client, database, options) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // collection.cpp
  Result<void> make_and_check();
  Result<void> make_and_check_index();
  Result<void> change_period(std::int64_t from);
  /// Calls `each` for every id in every worker's document.
  Result<void> read_workers(
      mongoc_client_session_t* session,
      const std::function<void(bool own, std::int64_t last, std::string_view key)>& each) const;
  [[nodiscard]] std::string worker_id() const;

  // mongodb.cpp
  /// Adds what is in the workers' documents to `known`.
  Result<void> read_known(mongoc_client_session_t* session);
  Result<Stored> look_up(mongoc_client_session_t* session,
                         const std::vector<std::string>& keys) const;
  /// Records ids in this worker's document. Returns the server's time, in milliseconds since 1970.
  Result<std::int64_t> record(mongoc_client_session_t* session, const inbox::BsonArray& ids,
                              std::uint64_t last, std::uint64_t acknowledged) const;

  const InboxOptions options;
  inbox::Server server;
  /// Ids that may be in a worker's document, with their sequences: read at times, or claimed
  /// since. Whether they are is looked up when one of them comes again.
  std::unordered_map<std::string, std::uint64_t> known;
  std::chrono::steady_clock::time_point read_at;  // of the last time
};

}  // namespace headwater::client

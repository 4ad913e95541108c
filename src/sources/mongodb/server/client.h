// The connection to a deployment: a pool that watches it, and commands on one of its servers.
#pragma once

#include <mongoc/mongoc.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "src/base/error.h"
#include "src/sources/mongodb/bson/doc.h"
#include "src/sources/mongodb/server/failure.h"

namespace headwater::mongodb {

template <class T>
using Answer = tl::expected<T, Failure>;

constexpr const char* sample_uri = "mongodb://USER:PASSWORD@HOST:27017/?replicaSet=NAME";

/// Whether it can be read as a connection string. Looks nothing up.
[[nodiscard]] bool is_uri(const std::string& uri);

/// The files that its options name, such as tlsCAFile. A URI that still has ${NAME} in it will do.
[[nodiscard]] std::vector<std::string> files_of(const std::string& uri);

/// The URI without its password, for people.
[[nodiscard]] std::string without_password(const std::string& uri);

/// A deployment. Any thread. Must outlive its connections.
class Pool {
 public:
  enum class Use {
    lasting,  ///< Keeps watching it in threads of its own, so that an election is noticed at once;
              ///< takes half a second to end.
    brief,    ///< For a few commands: each connection looks by itself.
    hasty,    ///< The same, and an answer that takes longer than a second or two is none, whatever
              ///< the URI says.
  };
  /// Opens nothing yet. Fails with config.bad_value for anything but a URI.
  static Result<std::unique_ptr<Pool>> make(const std::string& uri, Use use);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

 private:
  friend class Connection;
  Pool(mongoc_client_pool_t* pool, mongoc_uri_t* uri) : pool_(pool), uri_(uri) {}
  mongoc_client_pool_t* pool_;  // null unless lasting
  mongoc_uri_t* uri_;
  std::atomic<std::int64_t> transactions_{0};
};

/// Which server answers, and what it can.
struct ServerFacts {
  std::int32_t wire_version = 0;
  bool replica_set = false;
  bool primary = false;  ///< Has all that was ever acknowledged; also a mongos.
  bool router = false;   ///< A mongos of a sharded cluster.
  ClusterTime newest;    ///< Of all it has, whether a majority has it or not.
  ClusterTime majority;  ///< The newest time a majority has; of a mongos, the newest it knows.

  // https://github.com/mongodb/specifications/blob/master/source/wireversion-featurelist
  [[nodiscard]] bool snapshot_reads() const { return wire_version >= 13; }       ///< 5.0
  [[nodiscard]] bool images() const { return wire_version >= 17; }               ///< 6.0
  [[nodiscard]] bool splits_large_events() const { return wire_version >= 21; }  ///< 7.0
};

/// Commands, one after the other, on one server, all in one session: a cursor can be read on by the
/// connection that opened it. One thread. Each call blocks for as long as the server takes to
/// answer, or until the URI's time-outs.
class Connection {
 public:
  enum class To {
    preferred,  ///< The server that the URI's read preference chooses.
    primary,    ///< For what only a primary does.
  };
  explicit Connection(Pool& pool, To to = To::preferred);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// The server's reply. Selects a server first if there is none, and forgets it after a
  /// network failure.
  Answer<Doc> send(const std::string& database, const Doc& command);
  /// The same with `doing` in the error.
  Result<Doc> run(const std::string& database, const Doc& command,
                  const std::string& doing = "asking the server");

  Result<ServerFacts> facts();

  /// A number for a transaction of this connection's session. They rise in the whole pool: a session
  /// of the server's that another connection has left may be this one's now, and the server refuses
  /// a number that it has seen.
  [[nodiscard]] std::int64_t next_transaction() { return ++pool_->transactions_; }

  /// The server that the last command went to.
  [[nodiscard]] std::optional<std::uint32_t> server() const { return server_; }
  /// The next command goes to this one, of the same pool.
  void turn_to(std::uint32_t server);
  /// What the pool's watching threads last saw of a server; of a lasting pool. Does not block.
  [[nodiscard]] bool reaches(std::uint32_t server) const;

 private:
  [[nodiscard]] const mongoc_read_prefs_t* preference() const;
  Answer<std::uint32_t> choose();
  bool still_right();

  Pool* pool_;
  To to_;
  mongoc_client_t* client_ = nullptr;
  bson_error_t no_client_{};  // why there is none, as when a name cannot be resolved
  mongoc_client_session_t* session_ = nullptr;
  std::optional<std::uint32_t> server_;
  std::string role_;  // the server's, when it was chosen: "RSPrimary"
};

/// "mongodb:<replica set's or cluster's own id>": given when it was set up, and kept by every
/// member and every copy forever. Needs the privilege replSetGetConfig (of clusterMonitor). Fails
/// with source.unauthorized or source.no_identity.
Result<std::string> deployment_identity(Connection& connection);

}  // namespace headwater::mongodb

// The database that is followed, and the connections to it.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <stop_token>
#include <string>

#include "src/base/error.h"
#include "src/sources/postgresql/feed/timelines.h"
#include "src/sources/postgresql/options.h"
#include "src/sources/postgresql/server/connection.h"

namespace headwater::postgresql {

struct ServerFacts {
  std::string database;
  std::string identity;   ///< "postgresql:<system identifier>/<number of the database>".
  std::uint32_t oid = 0;  ///< The database's number.
  std::string server;     ///< Which of the URI's servers it is.
  int version = 0;        ///< 150018.
  std::uint64_t segment_size = 0;
};

/// A connection that understands the replication commands, and what it said about the server.
struct ReplicationLink {
  std::unique_ptr<Connection> connection;
  Timelines timelines;
  Lsn flushed = 0;  ///< The end of the write-ahead log.
};

/// One thread at a time.
class Server {
 public:
  explicit Server(SourceOptions options, ServerFacts facts = {})
      : options_(std::move(options)), facts_(std::move(facts)) {}

  /// Blocks until the server has said who it is. The link can be used once.
  Result<ReplicationLink> link(const std::stop_token& stop);
  /// A new connection that gives the log's own bytes.
  Result<std::unique_ptr<Connection>> physical(const std::stop_token& stop);
  /// For statements; connects if there is no connection, or if the last one was lost. Fails with
  /// retry if the URI now leads to another server than link() found.
  Result<Connection*> sql(const std::stop_token& stop);
  /// One statement on it.
  Result<Answer> ask(const std::string& statement, const Parameters& parameters = {},
                     const std::stop_token& stop = {});

  /// The same with a statement that is asked again and again: each connection plans it once. `name`
  /// distinguishes it.
  Result<Answer> ask_again(const char* name, const std::string& statement,
                           const Parameters& parameters, const std::stop_token& stop = {});
  /// Several statements without parameters in one round trip: the last answer.
  Result<Answer> ask_all(const std::string& statements, const std::stop_token& stop = {});

  [[nodiscard]] const SourceOptions& options() const { return options_; }
  /// Only after link(), or if it was made with them.
  [[nodiscard]] const ServerFacts& facts() const { return facts_; }

 private:
  Result<void> expect_same(const Connection& connection) const;
  Result<Timelines> timelines(Connection& connection, Timeline current,
                              const std::stop_token& stop);

  SourceOptions options_;
  ServerFacts facts_;
  std::unique_ptr<Connection> sql_;
  std::set<std::string> prepared_;  // on it
};

}  // namespace headwater::postgresql

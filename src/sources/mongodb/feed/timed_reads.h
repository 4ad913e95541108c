// Commands that all see the deployment as it was at one time.
#pragma once

#include <cstdint>
#include <string>

#include "src/base/error.h"
#include "src/sources/mongodb/bson/doc.h"
#include "src/sources/mongodb/server/client.h"

namespace headwater::mongodb {

/// A server of 5.0 or later reads with read concern "snapshot"; before that the primary does, in a
/// transaction that is begun at the newest time a majority has and then aborted, so that nothing is
/// held for long. One thread; blocks for as long as the server takes.
class TimedReads {
 public:
  /// `connection` must outlive it.
  TimedReads(Connection& connection, const ServerFacts& facts)
      : connection_(&connection), facts_(facts) {}

  /// Another time begins. Of a newer server the first command decides which.
  Result<void> begin();
  Result<Doc> run(const std::string& database, Doc command);
  void end();

  /// Which a majority has.
  [[nodiscard]] ClusterTime time() const { return time_; }
  /// The last command failed because the server cannot read at this time.
  [[nodiscard]] bool out_of_reach() const { return out_of_reach_; }
  /// A cursor that is not read to its end outlives end().
  [[nodiscard]] bool keeps_cursors() const { return facts_.snapshot_reads(); }

  /// Until this server knows that a majority has what it has now, and what was there at
  /// `not_before`.
  Result<void> wait_for_majority(const std::string& database, const std::string& collection,
                                 ClusterTime not_before);

 private:
  Connection* connection_;
  ServerFacts facts_;
  ClusterTime time_;
  bool started_ = false;  // a command has been run at it
  bool out_of_reach_ = false;
  std::int64_t transaction_ = 0;  // number of the last one
};

}  // namespace headwater::mongodb

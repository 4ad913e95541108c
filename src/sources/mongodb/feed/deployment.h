// The connections that a source has to its deployment.
#pragma once

#include <memory>

#include "src/base/error.h"
#include "src/sources/mongodb/feed/table_scan.h"
#include "src/sources/mongodb/feed/tailer.h"
#include "src/sources/mongodb/options.h"
#include "src/sources/mongodb/server/client.h"
#include "src/sources/mongodb/server/shared_pool.h"

namespace headwater::mongodb {

/// What a relay asks of a change stream.
[[nodiscard]] StreamRequest request_for(const SourceOptions& options, const ServerFacts& facts);

/// Everything that belongs to one view of the deployment.
struct Link {
  Link(std::shared_ptr<Pool> opened, std::unique_ptr<Connection> connection,
       const ServerFacts& found, const SourceOptions& options);
  std::shared_ptr<Pool> pool;
  std::unique_ptr<Connection> control;
  ServerFacts facts;
  TableScan scan;
  Tailer tailer;
};

/// Holds a link, and replaces it if it no longer works. One thread at a time.
class Deployment {
 public:
  /// `pool`: of all relays of the deployment. Blocks until a server has answered.
  static Result<std::shared_ptr<Deployment>> connect(std::shared_ptr<const SourceOptions> options,
                                                     std::shared_ptr<SharedPool> pool);

  [[nodiscard]] const SourceOptions& options() const { return *options_; }
  /// Valid until the next look().
  [[nodiscard]] Link& link() { return *link_; }
  /// The deployment's present state. May replace the link.
  Result<ServerFacts> look();

  /// The server has accepted the user's credentials.
  void access_granted() { access_granted_ = true; }
  /// If the server accepted the credentials before and no longer does, it may again, once somebody
  /// has fixed them: then the error's remedy is retry, and the next look() logs in again.
  [[nodiscard]] Error access_error(Error error);

 private:
  Deployment(std::shared_ptr<const SourceOptions> options, std::shared_ptr<SharedPool> pool)
      : options_(std::move(options)), pool_(std::move(pool)) {}
  [[nodiscard]] Result<std::unique_ptr<Link>> make_link() const;

  std::shared_ptr<const SourceOptions> options_;
  std::shared_ptr<SharedPool> pool_;
  std::unique_ptr<Link> link_;
  bool access_granted_ = false;
  bool access_lost_ = false;
};

}  // namespace headwater::mongodb

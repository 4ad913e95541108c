// The connections that a source has to its deployment.
#pragma once

#include <memory>

#include "src/base/error.h"
#include "src/sources/mongodb/feed/table_scan.h"
#include "src/sources/mongodb/feed/tailer.h"
#include "src/sources/mongodb/options.h"
#include "src/sources/mongodb/server/client.h"

namespace headwater::mongodb {

/// What a relay asks of a change stream.
[[nodiscard]] StreamRequest request_for(const SourceOptions& options, const ServerFacts& facts);

/// All that hangs on one view of the deployment.
struct Link {
  Link(std::shared_ptr<Pool> opened, std::unique_ptr<Connection> connection,
       const ServerFacts& found, const SourceOptions& options);
  std::shared_ptr<Pool> pool;
  std::unique_ptr<Connection> control;
  ServerFacts facts;
  TableScan scan;
  Tailer tailer;
};

/// Holds a link, and makes another where the old one leads nowhere. One thread at a time.
class Deployment {
 public:
  /// Blocks until a server has answered.
  static Result<std::shared_ptr<Deployment>> connect(std::shared_ptr<const SourceOptions> options);

  [[nodiscard]] const SourceOptions& options() const { return *options_; }
  /// Valid until the next look().
  [[nodiscard]] Link& link() { return *link_; }
  /// What the deployment is like now. May replace the link.
  Result<ServerFacts> look();

  /// The server has let the user in.
  void let_in() { let_in_ = true; }
  /// A user who was let in before and is no longer may be again, once his password is right: then
  /// the error says retry, and the next look() logs in anew.
  [[nodiscard]] Error shut_out(Error error);

 private:
  explicit Deployment(std::shared_ptr<const SourceOptions> options)
      : options_(std::move(options)) {}
  [[nodiscard]] Result<std::unique_ptr<Link>> make_link() const;

  std::shared_ptr<const SourceOptions> options_;
  std::unique_ptr<Link> link_;
  bool let_in_ = false;
  bool shut_out_ = false;
};

}  // namespace headwater::mongodb

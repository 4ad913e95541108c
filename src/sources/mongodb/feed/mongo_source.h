// The Source of a MongoDB deployment: a change stream, and the documents that were there before.
#pragma once

#include <memory>
#include <string>

#include "src/base/clock.h"
#include "src/sources/mongodb/feed/deployment.h"
#include "src/sources/mongodb/feed/position.h"
#include "src/sources/mongodb/options.h"
#include "src/sources/shared/joined_source.h"

namespace headwater::mongodb {

/// Where a relay that begins now begins: with the first change after the newest time a majority
/// has.
Result<MongoPosition> beginning(const SourceOptions& options, const std::string& identity,
                                Connection& connection);

/// The configured name, or the deployment's own (see deployment_identity()).
Result<std::string> source_identity(const SourceOptions& options, Connection& connection);

/// Nothing is released: the server forgets when its oplog is full, whatever it is told.
class MongoSource final : public sources::JoinedSource {
 public:
  /// `clock` must outlive it. Blocks until a server has answered.
  static Result<std::unique_ptr<MongoSource>> connect(std::shared_ptr<const SourceOptions> options,
                                                      const Clock& clock);

  Result<void> open(const Position& after) override;
  Result<ChangeBatch> read(const ReadLimits& limits, Milliseconds wait,
                           std::stop_token stop) override;

 private:
  struct Parts;
  MongoSource(Parts parts, const Clock& clock);

  std::shared_ptr<Deployment> deployment_;
};

}  // namespace headwater::mongodb

#include "src/sources/mongodb/feed/mongo_source.h"

#include <utility>

#include "src/sources/mongodb/feed/mongo_log.h"
#include "src/sources/mongodb/feed/mongo_tables.h"

namespace headwater::mongodb {

struct MongoSource::Parts {
  std::shared_ptr<Deployment> deployment;
  sources::JoinedOptions options;
  std::unique_ptr<MongoLog> log;
  std::unique_ptr<MongoTables> tables;
};

Result<MongoPosition> beginning(const SourceOptions& options, const std::string& identity,
                                Connection& connection) {
  auto position = position_now(options, identity, connection);
  if (position && options.policies.snapshot) position->place.snapshot.emplace();
  return position;
}

Result<std::string> source_identity(const SourceOptions& options, Connection& connection) {
  auto identity = options.identity.empty() ? deployment_identity(connection)
                                           : Result<std::string>(options.identity);
  if (identity && !options.part.empty()) identity->append("/").append(options.part);
  return identity;
}

MongoSource::MongoSource(Parts parts, const Clock& clock)
    : JoinedSource(std::move(parts.options), std::move(parts.log), std::move(parts.tables), clock),
      deployment_(std::move(parts.deployment)) {}

Result<std::unique_ptr<MongoSource>> MongoSource::connect(
    std::shared_ptr<const SourceOptions> options, const Clock& clock) {
  auto deployment = Deployment::connect(std::move(options));
  if (!deployment) return failed(deployment);
  const SourceOptions& wanted = (*deployment)->options();
  auto identity = source_identity(wanted, *(*deployment)->link().control);
  if (!identity) return failed(identity);
  Parts parts{.deployment = std::move(*deployment),
              .options = {.identity = *identity, .policies = wanted.policies},
              .log = {},
              .tables = {}};
  parts.log = std::make_unique<MongoLog>(parts.deployment, std::move(*identity), clock);
  parts.tables = std::make_unique<MongoTables>(parts.deployment, parts.log->at());
  return std::unique_ptr<MongoSource>(new MongoSource(std::move(parts), clock));
}

Result<void> MongoSource::open(const Position& after) {
  auto opened = JoinedSource::open(after);
  if (!opened) return fail(deployment_->shut_out(std::move(opened.error())));
  return opened;
}

Result<ChangeBatch> MongoSource::read(const ReadLimits& limits, Milliseconds wait,
                                      std::stop_token stop) {
  auto batch = JoinedSource::read(limits, wait, std::move(stop));
  if (!batch) return fail(deployment_->shut_out(std::move(batch.error())));
  return batch;
}

}  // namespace headwater::mongodb

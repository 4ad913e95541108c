#include "src/sources/mongodb/feed/mongo_source.h"

#include <utility>

#include "src/sources/mongodb/feed/mongo_log.h"
#include "src/sources/mongodb/feed/mongo_tables.h"

namespace headwater::mongodb {

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

Result<sources::JoinedParts> connect_parts(std::shared_ptr<const SourceOptions> options,
                                           std::shared_ptr<SharedPool> pool, const Clock& clock) {
  auto connected = Deployment::connect(std::move(options), std::move(pool));
  if (!connected) return failed(connected);
  std::shared_ptr<Deployment> deployment = std::move(*connected);
  const SourceOptions& wanted = deployment->options();
  auto identity = source_identity(wanted, *deployment->link().control);
  if (!identity) return failed(identity);
  auto log = std::make_unique<MongoLog>(deployment, *identity, clock);
  auto tables = std::make_unique<MongoTables>(deployment, log->at());
  return sources::JoinedParts{.identity = std::move(*identity),
                              .policies = wanted.policies,
                              .log = std::move(log),
                              .tables = std::move(tables)};
}

Result<std::unique_ptr<Source>> connect_source(std::shared_ptr<const SourceOptions> options,
                                               const Clock& clock) {
  auto pool = std::make_shared<SharedPool>(options->uri);
  auto parts = connect_parts(std::move(options), std::move(pool), clock);
  if (!parts) return failed(parts);
  return std::make_unique<sources::JoinedSource>(std::move(*parts), clock);
}

}  // namespace headwater::mongodb

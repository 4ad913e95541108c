#include "src/sources/postgresql/feed/server.h"

#include <utility>

#include "src/base/number_in.h"

namespace headwater::postgresql {
namespace {

constexpr const char* facts_query =
    "SELECT current_database(), (SELECT oid FROM pg_database WHERE datname = current_database()), "
    "current_setting('server_version_num'), "
    "(SELECT setting FROM pg_settings WHERE name = 'wal_segment_size'), pg_is_in_recovery()";

// Commands that need no work.
constexpr Milliseconds link_patience{30'000};
// Reading a piece of a table may need some.
constexpr Milliseconds sql_patience = std::chrono::minutes(10);

std::vector<std::string> settings_of(const SourceOptions& options) {
  std::vector<std::string> settings{
      "wal_sender_timeout=" + std::to_string(options.reader_timeout.count()) + "ms"};
  if (options.decoding_memory != 0) {
    settings.push_back(
        "logical_decoding_work_mem=" + std::to_string(options.decoding_memory / 1024) + "kB");
  }
  return settings;
}

/// It may be promoted.
Error in_recovery(const std::string& uri) {
  return {.remedy = Remedy::retry,
          .origin = Origin::source,
          .name = "source.standby",
          .message = "postgresql: " + without_password(uri) +
                     " is a standby or in recovery; changes come from the primary",
          .next = "name all servers in `uri`, and target_session_attrs=read-write"};
}

}  // namespace

Result<ReplicationLink> Server::link(const std::stop_token& stop) {
  auto connected = Connection::open({.uri = options_.uri,
                                     .settings = settings_of(options_),
                                     .speaks = Speaks::logical,
                                     .patience = link_patience},
                                    stop);
  if (!connected) return failed(connected);
  // The other may be to the server that was the primary before.
  sql_.reset();
  Connection& connection = **connected;
  auto system = connection.command("IDENTIFY_SYSTEM", stop);
  if (!system) return fail(std::move(system.error().error));
  auto facts = connection.command(facts_query, stop);
  if (!facts) return fail(std::move(facts.error().error));
  if (facts->flag(0, 4)) return fail(in_recovery(options_.uri));
  facts_ = {.database = facts->text(0, 0),
            .identity = "postgresql:" + system->text(0, 0) + "/" + facts->text(0, 1),
            .oid = static_cast<std::uint32_t>(number_in(facts->view(0, 1))),
            .server = connection.server(),
            .version = static_cast<int>(number_in(facts->view(0, 2))),
            .segment_size = number_in(facts->view(0, 3))};
  const auto current = static_cast<Timeline>(number_in(system->view(0, 1)));
  auto history = timelines(connection, current, stop);
  if (!history) return failed(history);
  return ReplicationLink{.connection = *std::move(connected),
                         .timelines = *std::move(history),
                         .flushed = lsn_from(system->view(0, 2)).value_or(0)};
}

Result<Timelines> Server::timelines(Connection& connection, Timeline current,
                                    const std::stop_token& stop) {
  if (current <= 1) return Timelines(current, {});
  auto history = connection.command("TIMELINE_HISTORY " + std::to_string(current), stop);
  if (!history) return fail(std::move(history.error().error));
  return Timelines(current, history->view(0, 1));
}

Result<std::unique_ptr<Connection>> Server::physical(const std::stop_token& stop) {
  auto connected = Connection::open(
      {.uri = options_.uri, .speaks = Speaks::physical, .patience = link_patience}, stop);
  if (!connected) return connected;
  if (auto same = expect_same(**connected); !same) return failed(same);
  return connected;
}

/// In the middle of a failover, a URI of several servers may lead to one and then to another.
Result<void> Server::expect_same(const Connection& connection) const {
  if (facts_.server.empty() || connection.server() == facts_.server) return {};
  return fail({.remedy = Remedy::retry,
               .origin = Origin::source,
               .name = "source.unavailable",
               .message = "postgresql: " + facts_.server + " was the primary, and now it is " +
                          connection.server()});
}

Result<Connection*> Server::sql(const std::stop_token& stop) {
  if (sql_ && sql_->is_open()) return sql_.get();
  prepared_.clear();
  auto connected = Connection::open({.uri = options_.uri,
                                     .settings = {"plan_cache_mode=force_generic_plan"},
                                     .patience = sql_patience},
                                    stop);
  if (!connected) return failed(connected);
  if (auto same = expect_same(**connected); !same) return failed(same);
  sql_ = *std::move(connected);
  return sql_.get();
}

Result<Answer> Server::ask(const std::string& statement, const Parameters& parameters,
                           const std::stop_token& stop) {
  auto connection = sql(stop);
  if (!connection) return failed(connection);
  auto answer = (*connection)->ask(statement, parameters, stop);
  if (!answer) return fail(std::move(answer.error().error));
  return *std::move(answer);
}

Result<Answer> Server::ask_again(const char* name, const std::string& statement,
                                 const Parameters& parameters, const std::stop_token& stop) {
  auto connection = sql(stop);
  if (!connection) return failed(connection);
  if (!prepared_.contains(name)) {
    auto prepared = (*connection)->prepare(name, statement, stop);
    if (!prepared) return fail(std::move(prepared.error().error));
    prepared_.emplace(name);
  }
  auto answer = (*connection)->ask_prepared(name, parameters, stop);
  if (!answer) return fail(std::move(answer.error().error));
  return *std::move(answer);
}

Result<Answer> Server::ask_all(const std::string& statements, const std::stop_token& stop) {
  auto connection = sql(stop);
  if (!connection) return failed(connection);
  auto answer = (*connection)->command(statements, stop);
  if (!answer) return fail(std::move(answer.error().error));
  return *std::move(answer);
}

}  // namespace headwater::postgresql

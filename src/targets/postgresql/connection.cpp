#include "src/targets/postgresql/connection.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <utility>

#include "src/base/clock.h"
#include "src/libpq/said.h"

namespace headwater::target_postgresql {
namespace {

/// As many fit into the buffers of both sides, so that neither waits for the other.
constexpr std::size_t most_sent = 256;

/// For each step of connecting.
constexpr Milliseconds connect_patience{15'000};

struct Reading {
  std::string_view state;  ///< How the SQLSTATE begins.
  Remedy remedy;
  const char* name;
  const char* next;
};

// https://www.postgresql.org/docs/current/errcodes-appendix.html
constexpr std::array<Reading, 12> readings{
    {{"08", Remedy::retry, "target.unreachable", ""},
     {"57P", Remedy::retry, "target.unreachable", ""},
     {"53", Remedy::retry, "target.overloaded", "check the server's log, its disk and its limits"},
     {"40", Remedy::retry, "target.interrupted", ""},
     {"55P03", Remedy::retry, "target.locked", "find who holds the lock: SELECT * FROM pg_locks"},
     {"28", Remedy::stop, "target.unauthorized", "correct user and password in the URI"},
     {"3D", Remedy::stop, "target.no_database", "CREATE DATABASE, or name one that exists"},
     {"42501", Remedy::stop, "target.unauthorized",
      "GRANT the user what the message names, or name another schema"},
     {"22", Remedy::stop, "target.value_does_not_fit",
      "give the column a type that holds the value; or drop the table, so that the copy makes it"},
     {"23", Remedy::stop, "target.value_does_not_fit",
      "remove the constraint; the copy has the rows that the events say"},
     {"42804", Remedy::stop, "target.value_does_not_fit", "give the column another type"},
     {"3F", Remedy::stop, "target.no_schema", "CREATE SCHEMA, or name one that exists"}}};

Error error_of(std::string_view state, const std::string& message) {
  Error error{.remedy = Remedy::stop,
              .origin = Origin::target,
              .name = "target.sql_error",
              .message = "postgresql: " + message,
              .next = "check the database's log"};
  for (const Reading& reading : readings) {
    if (!state.starts_with(reading.state)) continue;
    error.remedy = reading.remedy;
    error.name = reading.name;
    error.next = reading.next;
    break;
  }
  return error;
}

}  // namespace

std::string without_password(const std::string& uri) {
  const auto scheme = uri.find("://");
  const auto at = uri.find('@');
  if (scheme == std::string::npos) return "a connection string";
  if (at == std::string::npos) return uri.substr(0, uri.find('?'));
  const auto colon = uri.find(':', scheme + 3);
  const auto user = uri.substr(0, std::min(colon, at));
  return user + uri.substr(at, uri.find('?', at) - at);
}

Connection::Connection(std::string uri, std::string schema)
    : uri_(std::move(uri)), schema_(std::move(schema)) {}

Connection::~Connection() { PQfinish(connection_); }

Error Connection::unreachable(const std::string& why) const {
  return {.remedy = Remedy::retry,
          .origin = Origin::target,
          .name = "target.unreachable",
          .message = "postgresql: " + why,
          .next = "check that the server runs: psql " + without_password(uri_)};
}

Error Connection::lost() const {
  return unreachable(libpq::one_line_of(PQerrorMessage(connection_)));
}

/// Why there is no connection. The server's words are in its own language.
Error Connection::refusal() const {
  const libpq::Said said = libpq::said_by(*connection_);
  if (!said.state.empty()) return error_of(said.state, said.text);
  const bool no_password = PQconnectionNeedsPassword(connection_) != 0;
  return no_password ? error_of("28", said.text) : unreachable(said.text);
}

/// As PQconnectdbParams() does, but verbose: a refusal shows its SQLSTATE only so.
Result<void> Connection::finish_connecting() {
  if (connection_ == nullptr) return fail(unreachable("there is no memory for a connection"));
  PQsetErrorVerbosity(connection_, PQERRORS_VERBOSE);
  auto status =
      PQstatus(connection_) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED) {
    const short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    pollfd ready{.fd = PQsocket(connection_), .events = events, .revents = 0};
    const int count = ::poll(&ready, 1, static_cast<int>(connect_patience.count()));
    if (count == 0) return fail(unreachable("the server does not answer"));
    if (count > 0) status = PQconnectPoll(connection_);
  }
  if (status != PGRES_POLLING_OK) return fail(refusal());
  PQsetErrorVerbosity(connection_, PQERRORS_DEFAULT);
  return {};
}

Result<bool> Connection::connect() {
  if (connection_ != nullptr && PQstatus(connection_) == CONNECTION_OK) return false;
  PQfinish(connection_);
  sent_ = 0;
  const std::array<const char*, 4> words{"dbname", "fallback_application_name", "client_encoding",
                                         nullptr};
  const std::array<const char*, 4> values{uri_.c_str(), "headwater", "UTF8", nullptr};
  connection_ = PQconnectStartParams(words.data(), values.data(), 1);
  if (auto connected = finish_connecting(); !connected) {
    PQfinish(std::exchange(connection_, nullptr));
    return failed(connected);
  }
  PQsetNoticeProcessor(
      connection_, [](void*, const char*) {}, nullptr);
  std::string settings = "SET standard_conforming_strings = on; SET lock_timeout = '10s'";
  if (!schema_.empty()) settings += "; SET search_path = " + quote_name(schema_);
  if (auto set = execute(settings); !set) return failed(set);
  return true;
}

Result<Answer> Connection::checked(PGresult* result) const {
  Answer answer(result);
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return answer;
  if (PQstatus(connection_) != CONNECTION_OK) return fail(lost());
  const char* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return fail(
      error_of(state == nullptr ? "" : state, libpq::one_line_of(PQresultErrorMessage(result))));
}

Result<Answer> Connection::ask(const std::string& statement, const Parameters& parameters) {
  if (auto done = leave_pipeline(); !done) return failed(done);
  const auto values = libpq::pointers_to(parameters);
  return checked(PQexecParams(connection_, statement.c_str(), static_cast<int>(values.size()),
                              nullptr, values.data(), nullptr, nullptr, 0));
}

Result<void> Connection::execute(const std::string& statements) {
  if (auto done = leave_pipeline(); !done) return done;
  auto answer = checked(PQexec(connection_, statements.c_str()));
  if (!answer) return failed(answer);
  return {};
}

Result<void> Connection::prepare(const std::string& name, const std::string& statement) {
  if (auto done = leave_pipeline(); !done) return done;
  auto answer = checked(PQprepare(connection_, name.c_str(), statement.c_str(), 0, nullptr));
  if (!answer) return failed(answer);
  return {};
}

Result<void> Connection::send(const std::string& name, const Parameters& parameters) {
  if (PQpipelineStatus(connection_) == PQ_PIPELINE_OFF && PQenterPipelineMode(connection_) == 0) {
    return fail(lost());
  }
  const auto values = libpq::pointers_to(parameters);
  if (PQsendQueryPrepared(connection_, name.c_str(), static_cast<int>(values.size()), values.data(),
                          nullptr, nullptr, 0) == 0) {
    return fail(lost());
  }
  return ++sent_ >= most_sent ? finish() : Result<void>();
}

Result<void> Connection::finish() {
  if (sent_ == 0) return {};
  if (PQpipelineSync(connection_) == 0) return fail(lost());
  std::optional<Error> first;
  for (; sent_ > 0; --sent_) {
    PGresult* const result = PQgetResult(connection_);
    if (result == nullptr) return fail(lost());
    auto answer = checked(result);
    if (!answer && !first) first = answer.error();
    // A null pointer ends the answer of each statement.
    PQclear(PQgetResult(connection_));
  }
  PQclear(PQgetResult(connection_));  // the sync's
  if (first) return fail(*first);
  return {};
}

Result<void> Connection::leave_pipeline() {
  if (connection_ == nullptr) {
    auto connected = connect();
    if (!connected) return failed(connected);
  }
  if (PQpipelineStatus(connection_) == PQ_PIPELINE_OFF) return {};
  if (auto done = finish(); !done) return done;
  if (PQexitPipelineMode(connection_) == 0) return fail(lost());
  return {};
}

void Connection::roll_back() {
  (void)finish();
  if (auto done = execute("ROLLBACK"); done) {
    (void)execute("DEALLOCATE ALL");
    return;
  }
  // In an unknown state.
  PQfinish(connection_);
  connection_ = nullptr;
  sent_ = 0;
}

}  // namespace headwater::target_postgresql

#include "testing/postgresql/postgres_shell.h"

#include <string_view>

#include "src/base/number_in.h"
#include "testing/rig/server_program.h"

namespace headwater::rig {
namespace {

/// Serialization failures and deadlocks.
bool may_be_tried_again(const PGresult* result) {
  const char* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return state != nullptr && std::string_view(state).starts_with("40");
}

Error error_of(const PGconn* connection, const PGresult* result) {
  return {.remedy = may_be_tried_again(result) ? Remedy::retry : Remedy::stop,
          .name = "postgresql",
          .message = PQerrorMessage(connection)};
}

}  // namespace

PostgresShell::PostgresShell(const std::string& address)
    : address_(address), connection_(PQconnectdb(address.c_str())) {}

Result<PostgresRows> PostgresShell::ask(const std::string& statement,
                                        const std::vector<std::string>& values) {
  std::vector<const char*> parameters;
  parameters.reserve(values.size());
  for (const std::string& value : values) parameters.push_back(value.c_str());
  PGresult* const result =
      PQexecParams(connection_.get(), statement.c_str(), static_cast<int>(values.size()), nullptr,
                   parameters.data(), nullptr, nullptr, 0);
  const ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    Error error = error_of(connection_.get(), result);
    PQclear(result);
    return fail(std::move(error));
  }
  changed_ = number_in(PQcmdTuples(result));
  PostgresRows rows;
  for (int row = 0; row < PQntuples(result); ++row) {
    rows.emplace_back();
    for (int column = 0; column < PQnfields(result); ++column) {
      rows.back().emplace_back(PQgetvalue(result, row, column));
    }
  }
  PQclear(result);
  return rows;
}

Result<void> PostgresShell::copy(const std::string& statement, const std::string& lines) {
  PGconn* const connection = connection_.get();
  PGresult* result = PQexec(connection, statement.c_str());
  Result<void> done;
  if (PQresultStatus(result) != PGRES_COPY_IN) done = fail(error_of(connection, result));
  PQclear(result);
  if (!done) return done;
  if (PQputCopyData(connection, lines.data(), static_cast<int>(lines.size())) != 1 ||
      PQputCopyEnd(connection, nullptr) != 1) {
    return fail(error_of(connection, nullptr));
  }
  while ((result = PQgetResult(connection)) != nullptr) {
    if (done && PQresultStatus(result) != PGRES_COMMAND_OK) {
      done = fail(error_of(connection, result));
    }
    PQclear(result);
  }
  return done;
}

PostgresRows PostgresShell::sure(const std::string& statement,
                                 const std::vector<std::string>& values) {
  auto rows = ask(statement, values);
  if (!rows) give_up(statement + ": " + rows.error().message);
  return *std::move(rows);
}

bool PostgresShell::reconnect() {
  connection_.reset(PQconnectdb(address_.c_str()));
  return PQstatus(connection_.get()) == CONNECTION_OK;
}

}  // namespace headwater::rig

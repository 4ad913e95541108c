#include "src/inbox/postgresql/test_connection.h"

#include <headwater/inbox/postgresql.h>

#include "testing/rig/server_program.h"

namespace headwater::testing {
namespace {

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Answer = std::unique_ptr<PGresult, ClearResult>;

class Consumer : public InboxConnection {
 public:
  Consumer(PostgresConnection connection, client::PostgresInbox inbox, const std::string& table)
      : connection_(std::move(connection)),
        inbox_(std::move(inbox)),
        insert_("INSERT INTO " + table + "_effects VALUES ($1)") {}

  client::Result<std::vector<bool>> claim(std::span<const client::Delivery> deliveries,
                                          std::uint64_t /*acknowledged*/) override {
    if (auto begun = check(PQexec(connection_.get(), "BEGIN")); !begun) return begun.error();
    return inbox_.claim(deliveries);
  }
  client::Result<void> apply(const std::string& id) override {
    const char* value = id.c_str();
    return check(
        PQexecParams(connection_.get(), insert_.c_str(), 1, nullptr, &value, nullptr, nullptr, 0));
  }
  client::Result<void> commit() override { return check(PQexec(connection_.get(), "COMMIT")); }
  void roll_back() override {
    if (PQtransactionStatus(connection_.get()) != PQTRANS_IDLE) {
      (void)check(PQexec(connection_.get(), "ROLLBACK"));
    }
  }
  client::Result<bool> forget_some(std::uint64_t acknowledged) override {
    return inbox_.forget_some(acknowledged);
  }

 private:
  client::Result<void> check(PGresult* result) {
    const Answer answer(result);
    if (PQresultStatus(result) == PGRES_COMMAND_OK) return {};
    return client::Error{.name = "test.postgres", .message = PQerrorMessage(connection_.get())};
  }

  PostgresConnection connection_;
  client::PostgresInbox inbox_;
  std::string insert_;
};

}  // namespace

PostgresConnection connect_postgres(const std::string& address) {
  PostgresConnection connection(PQconnectdb(address.c_str()));
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    rig::give_up(address + ": " + PQerrorMessage(connection.get()));
  }
  return connection;
}

std::vector<std::string> execute(PGconn* connection, const std::string& sql) {
  const Answer answer(PQexec(connection, sql.c_str()));
  const auto status = PQresultStatus(answer.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    rig::give_up(sql + ": " + PQerrorMessage(connection));
  }
  std::vector<std::string> values;
  for (int row = 0; row < PQntuples(answer.get()); ++row) {
    values.emplace_back(PQgetvalue(answer.get(), row, 0));
  }
  return values;
}

InboxOpened open_postgres(const std::string& address, const client::InboxOptions& options) {
  auto connection = connect_postgres(address);
  auto inbox = client::PostgresInbox::open(connection.get(), options);
  if (!inbox) return inbox.error();
  return std::unique_ptr<InboxConnection>(
      std::make_unique<Consumer>(std::move(connection), *std::move(inbox), options.table));
}

}  // namespace headwater::testing

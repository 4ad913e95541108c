// An inbox in PostgreSQL. The upserts are sent at once, in libpq's pipeline mode: the fastest way
// that a consumer has for statements of its own.
#include <headwater/inbox/postgresql.h>
#include <libpq-fe.h>

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "bench/consumers_inbox.h"
#include "bench/measurements.h"
#include "src/base/random.h"
#include "testing/postgresql/postgres_server.h"

namespace headwater::bench {
namespace {

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
  void operator()(PGresult* answer) const { PQclear(answer); }
};
using Connection = std::unique_ptr<PGconn, Finish>;
using Answer = std::unique_ptr<PGresult, Finish>;

Result<void> execute(PGconn* connection, const std::string& sql) {
  const Answer answer(PQexec(connection, sql.c_str()));
  const auto status = PQresultStatus(answer.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return {};
  return fail(bench_error(PQerrorMessage(connection)));
}

class PostgresSite final : public InboxSite {
 public:
  /// In a schema of its own.
  static Result<PostgresSite> make(const rig::PostgresServer& server, const std::string& schema) {
    Connection connection(PQconnectdb(server.address().c_str()));
    auto made = execute(
        connection.get(),
        "CREATE SCHEMA " + schema + "; SET search_path = " + schema +
            "; CREATE TABLE orders(id bigint PRIMARY KEY, customer text, state text, cents bigint, "
            "note text); INSERT INTO orders SELECT i, 'customer ' || i, 'placed', i, repeat('0', "
            "100) FROM generate_series(1, " +
            std::to_string(inbox_rows) + ") AS n(i)");
    if (!made) return failed(made);
    made = execute(connection.get(),
                   "PREPARE upsert(bigint, text, text, bigint, text) AS INSERT INTO orders "
                   "VALUES($1, $2, $3, $4, $5) ON CONFLICT(id) DO UPDATE SET customer = "
                   "excluded.customer, state = excluded.state, cents = excluded.cents, note = "
                   "excluded.note");
    if (!made) return failed(made);
    auto inbox = client::PostgresInbox::open(connection.get(), {.consumer = "bench"});
    if (!inbox) return fail(bench_error(inbox.error().message));
    return PostgresSite(std::move(connection), *std::move(inbox));
  }

  Result<void> apply(std::span<const client::Delivery> deliveries, std::int64_t last,
                     bool claims) override {
    if (auto begun = execute(connection_.get(), "BEGIN"); !begun) return begun;
    if (claims) {
      auto is_new = inbox_.claim(deliveries);
      if (!is_new) return fail(bench_error(is_new.error().message));
    }
    if (auto done = upsert_all(); !done) return done;
    if (auto committed = execute(connection_.get(), "COMMIT"); !committed) return committed;
    if (!claims) return {};
    auto forgotten = inbox_.forget_some(static_cast<std::uint64_t>(last));
    return forgotten ? Result<void>() : fail(bench_error(forgotten.error().message));
  }

  Result<void> remember(std::int64_t ids) override {
    auto done = execute(connection_.get(), "INSERT INTO headwater_inbox SELECT '" +
                                               std::string(inbox_source) + "', '" + inbox_id +
                                               "' || i, i, now() FROM generate_series(1, " +
                                               std::to_string(ids) + ") AS n(i)");
    // What it would do some time during the measurement.
    if (done) done = execute(connection_.get(), "VACUUM ANALYZE headwater_inbox");
    if (done) done = execute(connection_.get(), "CHECKPOINT");
    return done;
  }

 private:
  PostgresSite(Connection connection, client::PostgresInbox inbox)
      : connection_(std::move(connection)), inbox_(std::move(inbox)) {}

  Result<void> upsert_all() {
    PGconn* const connection = connection_.get();
    PQenterPipelineMode(connection);
    for (std::int64_t i = 0; i < inbox_batch; ++i) {
      const std::string id = std::to_string(static_cast<std::int64_t>(random_() % inbox_rows) + 1);
      const std::string cents = std::to_string(i);
      const std::array<const char*, 5> values{id.c_str(), "customer 77777", "paid", cents.c_str(),
                                              note_.c_str()};
      if (PQsendQueryPrepared(connection, "upsert", values.size(), values.data(), nullptr, nullptr,
                              0) == 0) {
        return fail(bench_error(PQerrorMessage(connection)));
      }
    }
    PQpipelineSync(connection);
    for (std::int64_t done = 0;;) {
      const Answer answer(PQgetResult(connection));
      if (!answer) continue;  // the end of one statement's results
      const auto status = PQresultStatus(answer.get());
      if (status == PGRES_COMMAND_OK) ++done;
      if (status != PGRES_PIPELINE_SYNC) continue;
      PQexitPipelineMode(connection);
      return done == inbox_batch ? Result<void>() : fail(bench_error("an upsert failed"));
    }
  }

  Connection connection_;
  client::PostgresInbox inbox_;
  Random random_{1};
  std::string note_ = std::string(100, 'n');
};

}  // namespace

Result<Findings> measure_inbox_postgresql(const Options& options) {
  // As it is installed: it syncs.
  const rig::PostgresServer server(
      {"fsync=on", "synchronous_commit=on", "full_page_writes=on", "max_wal_size=4GB"});
  auto empty = PostgresSite::make(server, "empty_inbox");
  if (!empty) return failed(empty);
  auto filled = PostgresSite::make(server, "filled_inbox");
  if (!filled) return failed(filled);
  return compare_inboxes(options, "postgresql", server.version(), *empty, *filled);
}

}  // namespace headwater::bench

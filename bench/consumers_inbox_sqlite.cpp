// An inbox in SQLite.
#include <headwater/inbox/sqlite.h>

#include <filesystem>
#include <string>
#include <utility>

#include "bench/consumers_inbox.h"
#include "bench/measurements.h"
#include "src/base/random.h"
#include "src/sqlite/database.h"

namespace headwater::bench {
namespace {

class SqliteSite final : public InboxSite {
 public:
  static Result<SqliteSite> make(const std::string& path) {
    auto database = sqlite::Database::open(path, sqlite::Open::create, Origin::usage);
    if (!database) return failed(database);
    auto made = database->execute(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        "CREATE TABLE orders(id INTEGER PRIMARY KEY, customer TEXT, state TEXT, cents INTEGER, "
        "note TEXT);"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
        std::to_string(inbox_rows) +
        ") INSERT INTO orders SELECT i, 'customer ' || i, 'placed', i, hex(zeroblob(50)) FROM n");
    if (!made) return failed(made);
    auto upsert = database->prepare(
        "INSERT INTO orders VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(id) DO UPDATE SET customer = "
        "excluded.customer, state = excluded.state, cents = excluded.cents, note = excluded.note");
    if (!upsert) return failed(upsert);
    auto inbox = client::SqliteInbox::open(database->handle(), {.consumer = "bench"});
    if (!inbox) return fail(bench_error(inbox.error().message));
    return SqliteSite(*std::move(database), *std::move(upsert), *std::move(inbox));
  }

  Result<void> apply(std::span<const client::Delivery> deliveries, std::int64_t last,
                     bool claims) override {
    auto done = database_.transaction("IMMEDIATE", [&]() -> Result<void> {
      if (claims) {
        auto is_new = inbox_.claim(deliveries);
        if (!is_new) return fail(bench_error(is_new.error().message));
      }
      return upsert_all();
    });
    if (!done || !claims) return done;
    auto forgotten = inbox_.forget_some(static_cast<std::uint64_t>(last));
    return forgotten ? Result<void>() : fail(bench_error(forgotten.error().message));
  }

  Result<void> remember(std::int64_t ids) override {
    return database_.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
        std::to_string(ids) +
        ") INSERT INTO headwater_inbox(source, id, sequence, claimed_at) SELECT '" + inbox_source +
        "', '" + inbox_id + "' || i, i, unixepoch() FROM n");
  }

 private:
  SqliteSite(sqlite::Database database, sqlite::Statement upsert, client::SqliteInbox inbox)
      : database_(std::move(database)), upsert_(std::move(upsert)), inbox_(std::move(inbox)) {}

  Result<void> upsert_all() {
    for (std::int64_t i = 0; i < inbox_batch; ++i) {
      upsert_.bind(0, static_cast<std::int64_t>(random_() % inbox_rows) + 1)
          .bind_text(1, customer_)
          .bind_text(2, state_)
          .bind(3, i)
          .bind_text(4, note_);
      if (auto done = upsert_.run(); !done) return done;
    }
    return {};
  }

  sqlite::Database database_;
  sqlite::Statement upsert_;
  client::SqliteInbox inbox_;
  Random random_{1};
  std::string customer_ = "customer 77777";
  std::string state_ = "paid";
  std::string note_ = std::string(100, 'n');
};

}  // namespace

Result<Findings> measure_inbox_sqlite(const Options& options) {
  const auto folder = options.folder / "inbox";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  auto empty = SqliteSite::make((folder / "empty.db").string());
  if (!empty) return failed(empty);
  auto filled = SqliteSite::make((folder / "filled.db").string());
  if (!filled) return failed(filled);
  auto found = compare_inboxes(options, "sqlite", "SQLite", *empty, *filled);
  std::filesystem::remove_all(folder);
  return found;
}

}  // namespace headwater::bench

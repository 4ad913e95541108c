#include "testing/rig/sqlite_source.h"

#include <iterator>
#include <set>
#include <utility>

#include "testing/rig/pipeline.h"
#include "testing/rig/server_program.h"
#include "testing/rig/sqlite_files.h"

namespace headwater::rig {
namespace {

sqlite::Database opened(const std::string& path, sqlite::Open mode) {
  auto database = sqlite::Database::open(path, mode, Origin::usage, patience);
  if (!database) give_up(database.error().message);
  return std::move(*database);
}

/// A common table expression n(i) with the numbers from 1 to `count`.
std::string numbers_to(int count) {
  return "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
         std::to_string(count) + ") ";
}

std::string key_of(int number) { return "submitted-" + std::to_string(number); }

}  // namespace

SqliteSource::SqliteSource(const TemporaryFolder& folder, Harm harm, Journal journal,
                           std::string tables)
    : path_(folder / "shop.db"),
      backup_(folder / "backup.db"),
      tables_(std::move(tables)),
      forgets_(harm == Harm::history) {
  make_shop(path_, journal);
}

std::string SqliteSource::configuration(const std::string& keys) const {
  return "sqlite: { path: shop.db, tables: " + tables_ +
         ", history: " + (forgets_ ? "0s" : "100d") + keys + " }";
}

Result<std::unique_ptr<Writer>> SqliteSource::writer(std::uint64_t seed) {
  return shop_writers(path_)(seed);
}

void SqliteSource::insert_orders(int count, std::size_t note_bytes) {
  execute(path_, numbers_to(count) +
                     "INSERT INTO orders(idempotency_key, status, total, note) SELECT 'large-" +
                     std::to_string(++batches_) + "-' || i, 'placed', i, zeroblob(" +
                     std::to_string(note_bytes) + ") FROM n");
}

bool SqliteSource::place_orders(int count) {
  orders_before_ = count;
  execute(path_, numbers_to(count) +
                     "INSERT INTO orders SELECT i, 'before-' || i, NULL, 'placed', i, NULL FROM n");
  return true;
}

sqlite::Database& SqliteSource::client() {
  if (!client_) client_.emplace(opened(path_, sqlite::Open::read_write));
  return *client_;
}

// The writers never change or delete an order with this number.
int SqliteSource::submit_order(int number) {
  const std::string columns = "idempotency_key, status, total) VALUES (";
  const std::string values = "'" + key_of(number) + "', 'placed', 1)";
  const auto made = [&](const std::string& sql) {
    if (!client().execute(sql)) give_up("refused: " + sql);
    return static_cast<int>(client().changes());
  };
  int rows = made("INSERT INTO orders(id, " + columns + std::to_string(-1 - number) + ", " +
                  values + " ON CONFLICT DO NOTHING");
  if (client().execute("INSERT INTO orders(" + columns + values)) ++rows;
  return rows + made("INSERT OR IGNORE INTO orders(" + columns + values);
}

bool SqliteSource::has_order(int number) {
  return client()
             .integer("SELECT count(*) FROM orders WHERE idempotency_key = '" + key_of(number) +
                      "'")
             .value_or(0) == 1;
}

// The newest row is never trimmed.
std::uint64_t SqliteSource::committed() {
  auto last = opened(path_, sqlite::Open::read_only).integer("SELECT max(seq) FROM _headwater_log");
  if (!last) give_up(last.error().message);
  return static_cast<std::uint64_t>(*last);
}

// Sequences are gapless, so the largest one determines the ids of all changes ever committed.
std::vector<std::string> SqliteSource::changes() {
  const std::string uuid = opened(path_, sqlite::Open::read_only)
                               .text("SELECT value FROM _headwater_meta WHERE key = 'uuid'")
                               .value_or("?");
  const std::uint64_t last = committed();
  std::vector<std::string> ids;
  for (std::uint64_t seq = 1; seq <= last; ++seq) {
    ids.push_back(uuid + ":" + std::to_string(seq));
  }
  return ids;
}

std::string SqliteSource::difference(const std::vector<std::string>& ids, std::size_t /*joined*/) {
  const auto holes =
      query_integer(path_, "SELECT max(seq) - min(seq) + 1 - count(*) FROM _headwater_log");
  if (holes != 0) return "the change log has gaps: " + std::to_string(holes);
  auto expected = changes();
  // A relay that skips lost changes continues at the end of the log.
  if (has_forgotten_ && !ids.empty() && ids.size() < expected.size()) {
    expected.erase(expected.begin(), expected.end() - std::ssize(ids));
  }
  return first_difference(expected, ids);
}

// Only checks that each row was read once; the audit checks the rest.
std::string SqliteSource::read_difference(const std::vector<std::string>& ids) {
  std::set<std::string> expected;
  for (int order = 1; order <= orders_before_; ++order) {
    expected.insert("orders:i" + std::to_string(order));
  }
  for (const std::string& id : ids) {
    // <uuid>:<at>:<shape>:<table>:<key>
    const auto table = id.rfind(':', id.rfind(':') - 1) + 1;
    if (expected.erase(id.substr(table)) == 0)
      return id + " was read twice, or is not one of the existing rows";
  }
  return expected.empty() ? "" : *expected.begin() + " existed before, and was never read";
}

std::string SqliteSource::copy_difference(const std::string& copy) {
  const std::string orders = "FROM rows WHERE key LIKE 'orders/%'";
  const std::pair<std::string, std::string> questions[] = {
      {"SELECT count(*) FROM orders", "SELECT count(*) " + orders},
      {"SELECT total(total) FROM orders", "SELECT total(json_extract(row, '$.total')) " + orders},
      {"SELECT count(*) FROM orders WHERE status = 'paid'",
       "SELECT count(*) " + orders + " AND json_extract(row, '$.status') = 'paid'"},
      {"SELECT count(*) FROM items", "SELECT count(*) FROM rows WHERE key LIKE 'items/%'"},
      {"SELECT CAST(total(balance) * 4 AS INTEGER) FROM customers",
       "SELECT CAST(total(json_extract(row, '$.balance')) * 4 AS INTEGER) FROM rows "
       "WHERE key LIKE 'customers/%'"}};
  std::string wrong;
  for (const auto& [there, here] : questions) {
    const auto expected = query_integer(path_, there);
    const auto found = query_integer(copy, here);
    if (expected == found && found >= 0) continue;
    wrong +=
        here + ": " + std::to_string(found) + ", in the shop: " + std::to_string(expected) + "\n";
  }
  return wrong;
}

void SqliteSource::keep_backup() { copy_database(path_, backup_); }

void SqliteSource::go_back() {
  client_.reset();
  restore_database(backup_, path_);
}

// Only a relay trims the log, and only what its stream has. So the stream loses its end.
void SqliteSource::lose_history(Pipeline& pipeline) {
  pipeline.stream().keep_copy();
  const auto then = committed();
  {
    Process relay = pipeline.relay();
    Writers writers(*this, 1, {.seed = then, .pause = Milliseconds(2)});
    const bool trimmed = wait_until([&] {
      return query_integer(path_, "SELECT min(seq) FROM _headwater_log") >
             static_cast<std::int64_t>(then) + 10;
    });
    const Written written = writers.finish();
    if (!trimmed || !written.error.empty()) give_up(written.error + relay.errors());
    if (relay.terminate() != Exit{}) give_up(relay.errors());
  }
  pipeline.stream().go_back();
  has_forgotten_ = true;
}

std::unique_ptr<SourceUnderTest> sqlite_source(const TemporaryFolder& folder, Harm harm) {
  return std::make_unique<SqliteSource>(folder, harm, Journal::wal);
}

MakeSource sqlite_source_in(Journal journal) {
  return [journal](const TemporaryFolder& folder, Harm harm) {
    return std::make_unique<SqliteSource>(folder, harm, journal);
  };
}

}  // namespace headwater::rig

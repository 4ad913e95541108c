// What an inbox costs: 500 upserts in a transaction, with their events claimed and without; and with
// ten million ids in the inbox.
#include <headwater/inbox/sqlite.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bench/measurements.h"
#include "src/base/random.h"

namespace headwater::bench {
namespace {

constexpr std::int64_t batch_size = 500;
constexpr std::int64_t rows = 100'000;
constexpr const char* source_name = "sqlite:0b7f3f5e-5c0e-4a35-8d5e-1f1b7a0c9d11";

std::string id_of(std::int64_t number) {
  return "0b7f3f5e-5c0e-4a35-8d5e-1f1b7a0c9d11:" + std::to_string(number);
}

/// Delivery numbers `first` to `first + batch_size - 1`.
class Deliveries {
 public:
  explicit Deliveries(std::int64_t first) {
    for (std::int64_t i = 0; i < batch_size; ++i) ids_.push_back(id_of(first + i));
    for (std::int64_t i = 0; i < batch_size; ++i) {
      all_.push_back({.source = source_name,
                      .id = ids_[static_cast<std::size_t>(i)],
                      .sequence = static_cast<std::uint64_t>(first + i)});
    }
  }
  [[nodiscard]] std::span<const client::Delivery> all() const { return all_; }

 private:
  std::vector<std::string> ids_;
  std::vector<client::Delivery> all_;
};

/// A consumer's database: a table to keep, and an inbox.
class InboxSite {
 public:
  static Result<InboxSite> make(const std::string& path) {
    auto database = sqlite::Database::open(path, sqlite::Open::create, Origin::usage);
    if (!database) return failed(database);
    auto made = database->execute(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        "CREATE TABLE orders(id INTEGER PRIMARY KEY, customer TEXT, state TEXT, cents INTEGER, "
        "note TEXT);"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
        "INSERT INTO orders SELECT i, 'customer ' || i, 'placed', i, hex(zeroblob(50)) FROM n");
    if (!made) return failed(made);
    auto upsert = database->prepare(
        "INSERT INTO orders VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(id) DO UPDATE SET customer = "
        "excluded.customer, state = excluded.state, cents = excluded.cents, note = excluded.note");
    if (!upsert) return failed(upsert);
    auto inbox = client::SqliteInbox::open(database->handle(), {.consumer = "bench"});
    if (!inbox) return fail(bench_error(inbox.error().message));
    return InboxSite(*std::move(database), *std::move(upsert), *std::move(inbox));
  }

  /// Seconds for this many batches.
  Result<double> apply(std::int64_t batches, bool with_inbox) {
    const SteadyTime start = now();
    for (std::int64_t i = 0; i < batches; ++i) {
      if (auto done = apply_one(with_inbox); !done) return failed(done);
    }
    return seconds_since(start);
  }

  /// As if this many events had been applied before.
  Result<void> remember(std::int64_t ids) {
    next_ += ids;
    return database_.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
        std::to_string(ids) +
        ") INSERT INTO headwater_inbox(source, id, sequence, claimed_at) SELECT '" + source_name +
        "', '0b7f3f5e-5c0e-4a35-8d5e-1f1b7a0c9d11:' || i, i, unixepoch() FROM n");
  }

 private:
  InboxSite(sqlite::Database database, sqlite::Statement upsert, client::SqliteInbox inbox)
      : database_(std::move(database)), upsert_(std::move(upsert)), inbox_(std::move(inbox)) {}

  Result<void> apply_one(bool with_inbox) {
    const Deliveries deliveries(next_);
    next_ += batch_size;
    auto done = database_.transaction("IMMEDIATE", [&]() -> Result<void> {
      if (with_inbox) {
        auto is_new = inbox_.claim(deliveries.all());
        if (!is_new) return fail(bench_error(is_new.error().message));
      }
      return upsert_all();
    });
    if (!done || !with_inbox) return done;
    auto forgotten = inbox_.forget_some(static_cast<std::uint64_t>(next_ - 1));
    return forgotten ? Result<void>() : fail(bench_error(forgotten.error().message));
  }

  Result<void> upsert_all() {
    for (std::int64_t i = 0; i < batch_size; ++i) {
      upsert_.bind(0, static_cast<std::int64_t>(random_() % rows) + 1)
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
  std::int64_t next_ = 1;
};

struct Contestant {
  InboxSite& site;
  bool claims;
  std::vector<double>& seconds;
};

}  // namespace

Result<Findings> measure_inbox(const Options& options) {
  const std::int64_t batches = options.quick ? 4 : 400;
  const std::int64_t full = options.quick ? 10'000 : 10'000'000;
  const int runs = options.runs > 0 ? options.runs : (options.quick ? 1 : 5);
  const auto folder = options.folder / "inbox";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  auto empty = InboxSite::make((folder / "empty.db").string());
  if (!empty) return failed(empty);
  auto filled = InboxSite::make((folder / "filled.db").string());
  if (!filled) return failed(filled);
  progress("inbox: " + number(static_cast<double>(full)) + " ids");
  if (auto done = filled->remember(full); !done) return failed(done);
  std::vector<double> without;
  std::vector<double> with;
  std::vector<double> with_many;
  for (int i = 0; i < runs; ++i) {
    progress("inbox: run " + std::to_string(i + 1) + " of " + std::to_string(runs));
    for (const Contestant& each :
         {Contestant{*empty, false, without}, Contestant{*empty, true, with},
          Contestant{*filled, true, with_many}}) {
      auto took = each.site.apply(batches, each.claims);
      if (!took) return failed(took);
      each.seconds.push_back(*took);
    }
  }
  std::filesystem::remove_all(folder);
  const auto count = static_cast<double>(batches * batch_size);
  return Findings{"consumers-inbox",
                  number(count) + " upserts into SQLite in transactions of " +
                      std::to_string(batch_size) + ", with an inbox and without; interleaved, " +
                      runs_text(runs),
                  {{"claimed and applied", count / median(with), "events/s", {}},
                   {"with an inbox / without", median_ratio(without, with), "x",
                    Bound{Bound::Kind::at_least, 0.8}},
                   {"with " + number(static_cast<double>(full)) + " ids in it / with few",
                    median_ratio(with, with_many), "x", Bound{Bound::Kind::at_least, 0.8}}}};
}

}  // namespace headwater::bench
